import type { Backend } from './backend/define.ts'
import { readBackendChallenge } from './identity/backend-challenge.ts'
import type { Executor } from './pipeline/ports.ts'
import { createOpenAiExecutor } from './upstream/openai.ts'
import type { RestSettings } from './upstream/rest.ts'

/** The executor of OpenAI-shaped APIs; `settingsFor` says where a deployment has them. */
export function composeOpenAi(settingsFor: (backend: Backend, at: string | undefined) => RestSettings): Executor {
  return createOpenAiExecutor({ fetch, settingsFor, clock: Date.now, parseChallenge: readBackendChallenge })
}
