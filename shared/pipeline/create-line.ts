import { createAdmission } from './admit.ts'
import { createApproval } from './approve.ts'
import { createJudgement } from './judge.ts'
import type { Deployment, Line, Ports } from './line.ts'
import { createLineageNote } from './lineage-note.ts'
import { createLookAhead } from './look-ahead.ts'
import { createPerformance } from './perform.ts'
import { createDescriber } from './preview.ts'
import { createRecording } from './record.ts'
import { createResponse, type Identification } from './respond.ts'
import { createStreaming } from './stream.ts'

/** The whole line over the world's ports. */
export function createLine(ports: Ports, deployment: Deployment, identification: Identification): Line {
  const line = {
    ...createAdmission(ports, deployment),
    ...createJudgement(ports, deployment),
    ...createRecording(ports, deployment),
    ...createPerformance(ports, deployment),
  }
  const response = createResponse(identification)
  const ends = { ...createLineageNote({ line, ports, deployment }), ...response }
  const describer = createDescriber({ line, ports, deployment })
  return {
    ...line,
    ...createLookAhead({ line, ports, deployment }),
    ...createApproval({ ...describer, ...ports }, deployment),
    ...ends,
    ...createStreaming({ ports, deployment, identification, line: ends }),
  }
}
