import { describeReconcileFaults } from '../support/reconcile-faults.ts'

describeReconcileFaults(['request lost', 'reply lost', 'late'], 2)
