import { everything } from '../support/fault-matrix.ts'
import { describeFaults } from '../support/fault-suite.ts'

/** Every exchange of every flow, every failure, once and lasting. `UPDATE_DOCS=1` writes what is compared otherwise. */
describeFaults({ isWhole: true, selection: everything })
