import { Problem } from '../errors/problem.ts'
import { freeTextLabel } from '../masking/labels.ts'
import { type MaskRequest, makeTools } from '../masking/mask.ts'
import { maskDeltas } from '../masking/stream-deltas.ts'
import { maskResponseEvents } from '../masking/stream-responses.ts'
import type { Json, StreamForm } from './ports.ts'

export type Piece = Readonly<Record<string, Json>>

/** Pieces as masked, and what masking did so far. */
export interface MaskedPieces {
  readonly pieces: AsyncIterable<Piece>
  readonly report: ReturnType<typeof makeTools>['report']
}

/**
 * What flows is masked as text: identifiers and secrets are taken out of it as it goes. Throws Problem `input_invalid`
 * where the deployment or policy wants more of what comes back, which only a whole answer can be given.
 */
export function openMask(request: Omit<MaskRequest, 'answer'>): {
  readonly mask: (form: StreamForm, pieces: AsyncIterable<Piece>) => MaskedPieces
} {
  const { report, rulebook, cleanser } = makeTools(request)
  const pointers = Object.keys(request.classification).some((key) => /^!?\//.test(key))
  if (pointers || rulebook.rule(freeTextLabel).treatment !== 'clear') throw notFlowing()
  const clean = (value: Json) => cleanser.value(value, { path: '/*', free: false })
  const job = { rulebook, report, path: '/*', free: true, clean }
  return {
    mask: (form, pieces) => {
      report.returned(freeTextLabel)
      return { report, pieces: form === 'chat' ? maskDeltas(pieces, job) : maskResponseEvents(pieces, job) }
    },
  }
}

function notFlowing(): Problem {
  return new Problem('input_invalid', 'What comes back is classified here, so that it cannot flow.', {
    faults: [{ pointer: '/stream', detail: 'has to be false' }],
    next: { action: 'change_input' },
    reason: 'not_called:classified',
  })
}

/** Whether a piece tells that the answer is complete: such wait for the outcome row. */
export function isLast(form: StreamForm, piece: Piece): boolean {
  if (form === 'responses') return /^response\.(?:completed|incomplete)$/.test(String(piece.type))
  const choices = Array.isArray(piece.choices) ? (piece.choices as readonly Piece[]) : []
  return choices.some((choice) => typeof choice?.finish_reason === 'string')
}

const encoder = new TextEncoder()

/** How pieces are written: server-sent events, ours or as OpenAI's clients read them. */
export interface Writer {
  readonly piece: (piece: Piece) => Uint8Array
  /** After the last piece. */
  readonly end: (meta: unknown) => Uint8Array
  /** In the place of the rest; `body` is that of the problem. */
  readonly problem: (body: string) => Uint8Array
}

export function writerOf(flow: 'events' | 'openai', form: StreamForm): Writer {
  const event = (name: string, data: string) => encoder.encode(`event: ${name}\ndata: ${data}\n\n`)
  const bare = (data: string) => encoder.encode(`data: ${data}\n\n`)
  if (flow === 'events') {
    return {
      piece: (piece) => event('data', JSON.stringify(piece)),
      end: (meta) => event('end', JSON.stringify({ meta })),
      problem: (body) => event('problem', body),
    }
  }
  const problem = (body: string) => bare(JSON.stringify({ error: (JSON.parse(body) as { error: unknown }).error }))
  if (form === 'chat') return { piece: (piece) => bare(JSON.stringify(piece)), end: () => bare('[DONE]'), problem }
  return {
    piece: (piece) => event(String(piece.type), JSON.stringify(piece)),
    end: () => new Uint8Array(),
    problem,
  }
}
