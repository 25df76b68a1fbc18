// Runs against another host too, by HOST_BASE_URL: see the head of host-suite.ts.
import { describeHost } from '../../support/host-suite.ts'

describeHost('buffered', { dispatch: 'forward', streaming: false })
