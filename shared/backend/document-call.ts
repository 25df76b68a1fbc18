/** The part that an input plays in a call of Cosmos DB; texts named `document` and `partitionKey` hold JSON. */
export type CosmosPart =
  | 'container'
  | 'query'
  | 'parameters'
  | 'partitionKey'
  | 'limit'
  | 'cursor'
  | 'from'
  | 'id'
  | 'document'
  | 'operations'
  | 'ifMatch'

/** One call of Cosmos DB for NoSQL. `inputs` names the input that plays each part. */
export interface CosmosCall {
  readonly technology: 'cosmos'
  readonly action:
    | 'query'
    | 'read'
    | 'create'
    | 'upsert'
    | 'replace'
    | 'patch'
    | 'delete'
    | 'read-container'
    | 'list-containers'
    | 'change-feed'
  readonly inputs: Readonly<Partial<Record<CosmosPart, string>>>
}

/** One command of MongoDB: the text of the command is the input, its first member has to be the action. */
export interface MongoCall {
  readonly technology: 'mongo'
  readonly action: 'find' | 'aggregate' | 'count' | 'insert' | 'update' | 'delete' | 'listCollections'
  readonly inputs: Readonly<Partial<Record<'command', string>>>
}
