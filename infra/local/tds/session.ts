import { setTimeout as sleep } from 'node:timers/promises'
import { type SessionFacts, translate } from './dialect.ts'
import { type Engine, type EngineResult, faultOf } from './engine.ts'
import { type Message, packetTypes } from './packets.ts'
import { type RpcParameter, readRpc, skipHeaders } from './rpc.ts'
import { declaredNames, kindOf, partStatements } from './statements.ts'
import {
  returnStatus,
  type ServerFault,
  writeColumns,
  writeDone,
  writeError,
  writeRow,
  writeTransaction,
} from './tokens.ts'
import { writerOf } from './values.ts'

/** A session that has signed in. */
export interface TdsState {
  readonly engine: Engine
  readonly facts: SessionFacts
  /** The next statement ends with this error instead of being run. */
  fault: ServerFault | null
  planning: boolean
  cancelled: boolean
}

/** Answers one request with the bytes of one message. */
export async function answerRequest(message: Message, state: TdsState): Promise<Buffer> {
  state.cancelled = false
  if (message.reset) await makeNew(state)
  if (message.type === packetTypes.batch) return runBatch(skipHeaders(message.data).toString('utf16le'), state)
  const call = message.type === packetTypes.rpc ? readRpc(message.data) : null
  if (call === null) return failure({ number: 2812, severity: 16, message: 'Only sp_executesql is known here.' })
  try {
    const result = await runOne(call.text, call.parameters, state)
    return Buffer.concat([result, returnStatus, writeDone(0xfe, {})])
  } catch (error) {
    return Buffer.concat([writeError(errorOf(error)), writeDone(0xfe, { error: true })])
  }
}

/** A connection that was reset knows nothing of what was before: transaction, temporary tables, settings, context. */
async function makeNew(state: TdsState): Promise<void> {
  state.planning = false
  await state.engine.run({ text: 'ROLLBACK', values: [] })
  await state.engine.run({ text: 'DISCARD ALL', values: [] })
}

async function runBatch(batch: string, state: TdsState): Promise<Buffer> {
  const parts: Buffer[] = []
  const parameters: RpcParameter[] = []
  try {
    for (const statement of partStatements(batch)) {
      if (kindOf(statement) === 'declare')
        parameters.push(...declaredNames(statement).map((name) => ({ name, type: 'text' as const, value: null })))
      parts.push(await runOne(statement, parameters, state))
    }
  } catch (error) {
    return Buffer.concat([...parts, failure(errorOf(error))])
  }
  return Buffer.concat([...parts, writeDone(0xfd, {})])
}

function failure(fault: ServerFault): Buffer {
  return Buffer.concat([writeError(fault), writeDone(0xfd, { error: true })])
}

async function runOne(text: string, parameters: readonly RpcParameter[], state: TdsState): Promise<Buffer> {
  const plain = (sql: string) => state.engine.run({ text: sql, values: [] })
  switch (kindOf(text)) {
    case 'begin':
      await plain('BEGIN')
      return writeTransaction(8)
    case 'commit':
      await plain('COMMIT')
      return writeTransaction(9)
    case 'rollback':
      await plain('ROLLBACK')
      return writeTransaction(10)
    case 'context':
      await plain(`SET application_name = 'countersign/${/N'([0-9A-Za-z-]{36})'/.exec(text)?.[1] ?? ''}'`)
      return Buffer.alloc(0)
    case 'plan-on':
    case 'plan-off':
      state.planning = /on$/i.test(text)
      return Buffer.alloc(0)
    case 'ignore':
    case 'declare':
      return Buffer.alloc(0)
    case 'wait':
      await waitFor(text, state)
      return Buffer.alloc(0)
    default:
      return runStatement(text, parameters, state)
  }
}

async function waitFor(text: string, state: TdsState): Promise<void> {
  const [, seconds = '0'] = /'00:00:(\d+(?:\.\d+)?)'/.exec(text) ?? []
  for (let left = Number(seconds) * 1000; left > 0 && !state.cancelled; left -= 20) await sleep(20)
}

async function runStatement(text: string, parameters: readonly RpcParameter[], state: TdsState): Promise<Buffer> {
  const planted = state.fault
  if (planted !== null) {
    state.fault = null
    throw planted
  }
  const { text: sql, values } = translate(text, parameters, state.facts)
  const planned = state.planning ? `EXPLAIN (FORMAT XML, GENERIC_PLAN) ${sql}` : sql
  return writeResult(await state.engine.run({ text: planned, values: state.planning ? [] : values }))
}

function writeResult({ fields, rows, count }: EngineResult): Buffer {
  if (fields.length === 0) return writeDone(0xff, { more: true, count })
  const writers = fields.map(({ dataTypeID, dataTypeModifier }) => writerOf(dataTypeID, dataTypeModifier))
  const columns = fields.map(({ name }, index) => ({
    name: name === '?column?' ? '' : name,
    info: writers[index]?.info ?? Buffer.alloc(0),
  }))
  const cells = rows.map((row) => writeRow(row.map((text, index) => writers[index]?.write(text) ?? Buffer.alloc(0))))
  return Buffer.concat([writeColumns(columns), ...cells, writeDone(0xff, { more: true, count: rows.length })])
}

function errorOf(error: unknown): ServerFault {
  const planted = error as Partial<ServerFault>
  if (typeof planted?.number === 'number' && typeof planted.severity === 'number') return planted as ServerFault
  return faultOf(error)
}
