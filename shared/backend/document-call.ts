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
    | 'list-containers'
    | 'change-feed'
  readonly inputs: Readonly<Record<string, string>>
}

/** One command of MongoDB. */
export interface MongoCall {
  readonly technology: 'mongo'
  readonly action: 'find' | 'aggregate' | 'count' | 'insert' | 'update' | 'delete' | 'list-collections' | 'command'
  readonly inputs: Readonly<Record<string, string>>
}
