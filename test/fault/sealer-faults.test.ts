import { describeSealerFaults } from '../support/sealer-faults.ts'

/** What changes the evidence, and the failures that leave it in doubt; the whole matrix is in `test/long`. */
describeSealerFaults((what, failure) => {
  const isChange = what.startsWith('blobs PUT') || what.startsWith('vault')
  return isChange && failure !== '500' && failure !== '503' && failure !== 'request lost'
})
