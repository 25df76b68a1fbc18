import type { BodyTemplate } from './rest-call.ts'

/** One call of an OpenAI-shaped API. Inputs go into the body under their own names, but those of the path and `own`. */
export interface OpenAiCall {
  readonly technology: 'openai'
  readonly action: 'chat' | 'responses' | 'embeddings' | 'models'
  /** Path under the base URL, as in REST calls. */
  readonly path: string
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** Query parameters whose text the declaration gives. */
  readonly fixedQuery?: Readonly<Record<string, string>>
  /** Inputs that play a part: which deployment, and whether the answer is to flow. */
  readonly inputs: Readonly<Partial<Record<'model' | 'stream', string>>>
  /** Inputs that say something to our own rules and are not sent. */
  readonly own?: readonly string[]
  /** Members of the body that nobody else sets; a text that is `{name}` takes the input, `{@name}` the deployment's value. */
  readonly fixed?: Readonly<Record<string, BodyTemplate>>
}
