/** What the declarations of the backends in an answer say of whose work theirs is, by their names. */
export const honestySchema = {
  type: 'object',
  additionalProperties: {
    type: 'object',
    required: ['title', 'honesty', 'notes'],
    properties: {
      title: { type: 'string' },
      honesty: { type: 'string', enum: ['yes', 'conditional', 'partial', 'by-token-service'] },
      notes: { type: 'array', items: { type: 'string' } },
    },
  },
}
