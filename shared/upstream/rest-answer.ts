import type { Effect } from '../backend/effect.ts'
import type { RestAnswer } from '../backend/rest-call.ts'
import type { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import { readBody, readText } from './rest-body.ts'
import { describeContent, mostContent, pickHeaders, readContent } from './rest-content.ts'
import { hasMore, shapeXml, type XmlElement, type XmlJob } from './xml-shape.ts'

/** Parses a document; throws for one that is not plain XML. */
export type ParseXml = (text: string) => XmlElement | Promise<XmlElement>

/** How to read one answer. */
export interface AnswerJob {
  readonly answer: RestAnswer
  readonly maxBytes: number
  readonly effect: Effect
  readonly objects: readonly string[] | undefined
  readonly parseXml: ParseXml
}

/** An answer that was read. */
export interface ReadAnswer {
  readonly data: Json
  readonly bytes: number
  readonly truncated: boolean
}

/**
 * Reads an answer as its declaration says; of a table the JSON that holds it. Throws Problem `backend_failed` for one that is not of that kind or too
 * large; content (`bytes`) is cut instead, which its range says.
 */
export async function readAnswer(response: Response, job: AnswerJob): Promise<ReadAnswer> {
  const { answer, maxBytes } = job
  if (answer.kind === 'json' || answer.kind === 'table')
    return { ...(await readBody(response, maxBytes, job.effect)), truncated: false }
  if (answer.kind === 'xml') return readXml(response, job, answer)
  if (answer.kind === 'headers') {
    await response.body?.cancel()
    return { data: pickHeaders(response.headers, answer), bytes: 0, truncated: false }
  }
  const read = await readContent(response, Math.min(maxBytes, mostContent))
  const { data, bytes } = describeContent(response, read)
  const about = pickHeaders(response.headers, answer)
  return { data: { ...(data as object), ...(about as object | null) } as Json, bytes, truncated: read.truncated }
}

async function readXml(response: Response, job: AnswerJob, shape: XmlJob['shape']): Promise<ReadAnswer> {
  const type = response.headers.get('content-type') ?? ''
  if (!/^(?:application|text)\/xml\s*(?:;|$)/i.test(type)) {
    await response.body?.cancel().catch(() => undefined)
    throw refuse('content_type')
  }
  const { text, bytes } = await readText(response, job.maxBytes, job.effect)
  const root = await parse(text, job.parseXml)
  const data = shapeXml(root, { shape, objects: job.objects })
  if (data === null) throw refuse('xml')
  return { data, bytes, truncated: hasMore(root, shape) }
}

/** The parser's own error may quote the document, so it is not kept. */
async function parse(text: string, parseXml: ParseXml): Promise<XmlElement> {
  try {
    return await parseXml(text)
  } catch {
    throw refuse('xml')
  }
}

function refuse(why: string): Problem {
  return failWith({ code: 'backend_failed', fate: 'called', why })
}
