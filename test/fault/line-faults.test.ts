import { describeFaults } from '../support/fault-suite.ts'

/**
 * A part of the matrix for every change: each exchange loses its reply once, and is away (503) from there on, at the
 * first call, a read, a look at salaries, an approved deletion, a query and an insertion. The whole of it is in `test/long`.
 */
describeFaults({
  isWhole: false,
  selection: {
    flows: ({ name }) =>
      ['the first call', 'a read', 'a look at salaries', 'an approved deletion', 'a query', 'an insertion'].includes(
        name,
      ),
    failures: [
      ['reply lost', false],
      ['503', true],
    ],
    width: 4,
  },
})
