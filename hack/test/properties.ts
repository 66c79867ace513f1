/**
 * Loaded before all tests: properties are tried on the same cases in every run, so that a failure is one of the change that
 * is tested. `PROPERTY_SEED=random` (or a number) draws others.
 */
import fc from 'fast-check';

const wanted = process.env['PROPERTY_SEED'] ?? '20260101';
const seed = wanted === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(wanted);
if (!Number.isInteger(seed)) throw new Error(`PROPERTY_SEED is ${wanted}: it has to be a whole number, or random`);
if (wanted === 'random') console.log(`PROPERTY_SEED=${seed}`);
fc.configureGlobal({ seed });
process.env['FUZZ_SEED'] ??= String(seed);
