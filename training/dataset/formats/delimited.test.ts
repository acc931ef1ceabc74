import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDelimited } from "./delimited.js";

const fields = (text: string, delimiter = ",") => parseDelimited(text, delimiter).rows.map((row) => row.fields);

const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
const FIELD = fc.string({ unit: fc.constantFrom(..."ab \"',;\t\n\r|é日#") });
const TABLE = fc.array(fc.array(FIELD, { minLength: 2, maxLength: 4 }), { maxLength: 6 });

test("what is written with every field quoted is read back", () => {
  fc.assert(
    fc.property(
      TABLE,
      fc.constantFrom(",", "\t", ";", "|"),
      fc.constantFrom("\n", "\r\n", "\r"),
      (table, mark, end) => {
        const text = table.map((row) => row.map(quoted).join(mark) + end).join("");
        assert.deepEqual(
          parseDelimited(text, mark).rows.map((row) => row.fields),
          table,
        );
        assert.deepEqual(parseDelimited(text, mark).broken, []);
      },
    ),
  );
});

test("a field may go unquoted where it holds neither delimiter nor line break and begins with no quote", () => {
  fc.assert(
    fc.property(TABLE, (table) => {
      const plain = table.map((row) => row.map((field) => (/^"|[,\n\r]/.test(field) ? quoted(field) : field)));
      const text = plain.map((row) => row.join(",")).join("\n");
      assert.deepEqual(fields(text), table);
    }),
  );
});

test("rows know the line they begin on, whatever line breaks their fields hold", () => {
  fc.assert(
    fc.property(TABLE, (table) => {
      let line = 1;
      const lines = table.map((row) => {
        const at = line;
        line +=
          1 +
          row
            .join("")
            .replaceAll("\r\n", "\n")
            .split(/[\n\r]/).length -
          1;
        return at;
      });
      // A break that spans two fields is two breaks: keep such fields apart.
      fc.pre(!table.some((row) => row.some((field) => field.endsWith("\r"))));
      const text = table.map((row) => `${row.map(quoted).join(",")}\n`).join("");
      assert.deepEqual(
        parseDelimited(text, ",").rows.map((row) => row.line),
        lines,
      );
    }),
  );
});

test("any text is read to its end: each line is in a row, broken or blank", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab,"\n\r ') }), (text) => {
      const { rows, broken } = parseDelimited(text, ",");
      const lines = [...rows.map(({ line }) => line), ...broken];
      assert.equal(new Set(lines).size, lines.length);
      for (const line of lines) assert.ok(line >= 1 && line <= text.split(/\r\n|\n|\r/).length);
    }),
  );
});

test("a quote that is never closed costs its own line only", () => {
  const text = 'image,caption\na.jpg,"A dog\nb.jpg,A cat\n\nc.jpg,"A ""big"" bird"\nd.jpg,A "quoted" fish\n';
  const { rows, broken } = parseDelimited(text, ",");
  assert.deepEqual(broken, [2]);
  assert.deepEqual(rows, [
    { line: 1, fields: ["image", "caption"] },
    { line: 3, fields: ["b.jpg", "A cat"] },
    { line: 5, fields: ["c.jpg", 'A "big" bird'] },
    { line: 6, fields: ["d.jpg", 'A "quoted" fish'] },
  ]);
});

test("text after a closing quote breaks the line", () => {
  assert.deepEqual(parseDelimited('a.jpg,"A dog" runs\nb.jpg,A cat', ","), {
    rows: [{ line: 2, fields: ["b.jpg", "A cat"] }],
    broken: [1],
  });
});

test("a file of stray quotes is read in linear time", () => {
  const text = 'a.jpg,"A dog runs\n'.repeat(100_001);
  const started = process.cpuUsage();
  const { broken } = parseDelimited(text, ",");
  const { user } = process.cpuUsage(started); // the machine may be busy with other work
  assert.ok(broken.length > 0);
  assert.ok(user < 5e6, `${user / 1e6} s`);
});
