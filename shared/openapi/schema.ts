import * as z from 'zod'
import type { Operation } from '../backend/define.ts'

/** The inputs of an operation as JSON Schema, as a caller writes them (defaults may be left out). */
export function inputSchema(operation: Operation, target: 'openapi-3.0' | 'draft-2020-12'): Record<string, unknown> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(operation.inputs(), { target, io: 'input' })
  return schema
}
