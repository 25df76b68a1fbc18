import type { SpecAnswer, SpecOperation } from '../../../infra/local/specs/operation.ts'
import { contentFor, isJson } from './request-judge.ts'
import { faultsOf } from './schema-judge.ts'

/** An answer as it came over the wire. */
export interface GivenAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** The documented answer of a status: its own, its class's, or the default one. */
function answerFor(operation: SpecOperation, status: number): SpecAnswer | undefined {
  const named = (wanted: string) => operation.answers.find((each) => each.status === wanted)
  return named(String(status)) ?? named(`${Math.floor(status / 100)}XX`) ?? named('default')
}

/** What is wrong with an answer as its document has it: the status, the media type, the body. */
export function judgeAnswer(operation: SpecOperation, given: GivenAnswer): readonly string[] {
  const answer = answerFor(operation, given.status)
  if (answer === undefined) return [`answer: the status ${given.status} is not documented`]
  // A default answer is for failures; what a success looks like it does not say.
  if (given.status < 300 && answer.status === 'default' && operation.answers.some(({ status }) => /^2/.test(status)))
    return [`answer: the status ${given.status} is not documented`]
  if (given.body === '' || Object.keys(answer.content).length === 0) return []
  const content = contentFor(answer.content, given.type)
  if (content === undefined) return [`answer: the content type ${given.type} is not documented`]
  const [plain, schema] = content
  if (schema === undefined || !isJson(plain)) return []
  return faultsOf(schema, JSON.parse(given.body)).map((fault) => `answer ${fault}`)
}
