import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const command = (example: string) => z.string().min(2).max(200_000).describe(`The command as JSON, such as ${example}`)
const statement = { input: 'command', dialect: 'mongo' } as const
const inputs = { command: 'command' } as const

serve(
  defineBackend({
    name: 'cosmosdb-mongodb',
    title: 'Azure DocumentDB (Cosmos DB for MongoDB vCore)',
    ...resources.openSourceDatabases,
    honesty: 'conditional',
    notes: [
      'Clusters (vCore, Azure DocumentDB) take tokens of people who are registered as users of the cluster. Accounts of the older kind, billed by request units, know keys alone and are not offered: nobody could be told apart there.',
      'Rights are those of the person in the database; the service has none for rows.',
      'The server is asked whom the connection belongs to before each command; where it does not say, the proof is the exchanged token.',
      'A connection outlives the token that opened it: it is closed when the token ends.',
      'Commands are sent as they were judged, in Extended JSON, with our comment, time limit and row limit. Code that runs on the server is refused.',
      'Fields keep their own masks only where whole documents come back, chosen or left out field by field; whatever a pipeline computes, groups, joins or renames is masked by the strictest label of the collections that it reads.',
      'The driver opens sessions of its own and a second connection that watches the server; both are the same person’s.',
    ],
    hostSuffixes: {
      public: ['.mongocluster.cosmos.azure.com'],
      usgov: null,
      china: null,
    },
    identityProbe: { method: 'session_user' },
    values: { database: { description: 'Name of the database in the cluster' } },
    limits: { collection: 'collections' },
    operations: {
      find: {
        summary: 'Run one find, as the person',
        effect: 'read',
        statement,
        inputs: () =>
          z.strictObject({ command: command('{"find": "orders", "filter": {"region": "EMEA"}, "limit": 20}') }),
        call: { technology: 'mongo', action: 'find', inputs },
      },
      aggregate: {
        summary: 'Run one aggregation that only reads, as the person',
        effect: 'read',
        statement,
        inputs: () =>
          z.strictObject({
            command: command(
              '{"aggregate": "orders", "pipeline": [{"$match": {"total": {"$gt": 100}}}], "cursor": {}}',
            ),
          }),
        call: { technology: 'mongo', action: 'aggregate', inputs },
      },
      countDocuments: {
        summary: 'Count the documents that a filter finds',
        effect: 'read',
        statement,
        inputs: () => z.strictObject({ command: command('{"count": "orders", "query": {"region": "EMEA"}}') }),
        call: { technology: 'mongo', action: 'count', inputs },
      },
      listCollections: {
        summary: 'List the collections that agents may reach, as the person sees them',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: { technology: 'mongo', action: 'listCollections', inputs: {} },
      },
      insertMany: {
        summary: 'Insert documents, as the person',
        effect: 'write',
        statement,
        inputs: () => z.strictObject({ command: command('{"insert": "orders", "documents": [{"_id": "a-1"}]}') }),
        call: { technology: 'mongo', action: 'insert', inputs },
      },
      updateMany: {
        summary: 'Update documents that a filter finds, as the person; a filter has to be there',
        effect: 'write',
        statement,
        inputs: () =>
          z.strictObject({
            command: command('{"update": "orders", "updates": [{"q": {"_id": "a-1"}, "u": {"$set": {"total": 5}}}]}'),
          }),
        call: { technology: 'mongo', action: 'update', inputs },
      },
      deleteMany: {
        summary: 'Delete documents that a filter finds, as the person; a filter has to be there',
        effect: 'delete',
        statement,
        inputs: () =>
          z.strictObject({ command: command('{"delete": "orders", "deletes": [{"q": {"_id": "a-1"}, "limit": 1}]}') }),
        call: { technology: 'mongo', action: 'delete', inputs },
      },
    },
  }),
)
