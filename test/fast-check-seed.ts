import fc from "fast-check";

/**
 * `npm test` loads this first: property tests draw the same cases in each run, so that a verdict is about the change
 * alone. SHOWTELL_TEST_SEED=N draws others.
 */
fc.configureGlobal({ seed: Number(process.env.SHOWTELL_TEST_SEED ?? 1) });
