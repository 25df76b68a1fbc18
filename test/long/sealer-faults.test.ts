import { describeSealerFaults } from '../support/sealer-faults.ts'

/** Every exchange of a run, every failure. */
describeSealerFaults(() => true)
