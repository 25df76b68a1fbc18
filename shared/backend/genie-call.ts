/** One step of a conversation whose answers hold generated statements, which are understood before results are fetched. */
export interface GenieCall {
  readonly technology: 'genie'
  readonly action: string
  readonly inputs: Readonly<Record<string, string>>
}
