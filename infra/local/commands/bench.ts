import { runBenches } from '../../../test/bench/run-benches.ts'

/** `npm run bench`: the benchmarks; they live in test/bench and are no part of what is deployed. */
export function run(args: readonly string[]): Promise<number> {
  return runBenches(args)
}
