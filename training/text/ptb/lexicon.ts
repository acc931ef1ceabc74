/** Closed lists of the Penn Treebank tokeniser, found by trying every string of up to five letters on Stanford's. */

/** Abbreviations that keep their full stop whatever follows. */
export const ABBREVIATIONS = new Set(
  (
    "al cf co ct dr ft ga jr ky lt md mo mr ms mt ph rd rt sq sr st va vs vt wm " +
    "adj adm adv ala apr aug ave bhd cie col cos cpl dak dec det drs ens esq est etc ext feb fla fri gen gov hon inc " +
    "ind jan jos jul jun kan ltd maj mar mfg mme mon mrs mtg neb nev nov oct pfc plc pte pty pvt rep rev sen sep seq " +
    "sfc sgt spc ste sys tel thu tue wed wis wyo " +
    "alex ariz assn asst atty bldg blvd brig bros capt cmdr colo conn corp dept elec govs insp intl invt kans mich minn " +
    "mlle mont msgr natl okla penn ppte ppty pres prof ptes ptys reps sens sept supt tenn tues univ wisc " +
    "assoc attys calif comdr lieut pptes pptys profs supts thurs treas messrs"
  ).split(" "),
);

/** Abbreviations that keep it where they begin with a capital: states that are also words. */
export const CAPITALISED_ABBREVIATIONS = new Set("az la pa ark del ill ore tex mass miss wash".split(" "));

/** Abbreviations that keep their full stop before a number only: "no. 5". */
export const NUMBER_ABBREVIATIONS = new Set("ca no op pp art fig figs nos prop".split(" "));

/** Capitalised words that open a sentence: a single letter's full stop before one of them ends the sentence. */
export const SENTENCE_OPENERS = new Set(
  (
    "a about according after an as at but he her here however if in it last many more now once one other our she " +
    "since so some such that the their then there these they this we what when while yet you"
  ).split(" "),
);

/** Words that are two words for the Treebank, and where the first one ends. */
export const FUSED_WORDS = new Map([
  ["cannot", 3],
  ["gimme", 3],
  ["gonna", 3],
  ["gotta", 3],
  ["lemme", 3],
  ["wanna", 3],
]);
