/** One call of an OpenAI-shaped API. */
export interface OpenAiCall {
  readonly technology: 'openai'
  readonly action: 'chat' | 'responses' | 'embeddings' | 'images' | 'audio' | 'models'
  readonly inputs: Readonly<Record<string, string>>
  /** Path under the base URL, as in REST calls. */
  readonly path: string
}
