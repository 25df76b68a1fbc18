import { element } from './elements.ts'

/** What a backend's declaration says of whose work its work is. */
interface Honest {
  readonly title: string
  readonly honesty: string
  readonly notes: readonly string[]
}

/** By the name of the backend; one that is no longer configured is missing. */
export type Backends = Readonly<Record<string, Honest>>

const meanings: Readonly<Record<string, string>> = {
  yes: 'as the person',
  conditional: 'as the person, under conditions',
  partial: 'as the person, in part',
  'by-token-service': 'as the person, by a token service',
}

/** Folded away, since it is the same for every call of the backend. */
function draw({ title, honesty, notes }: Honest): HTMLElement {
  const items = notes.map((note) => element('li', {}, note))
  const summary = element('summary', { class: 'soft' }, `${title}: ${meanings[honesty] ?? honesty}`)
  return element('details', {}, summary, element('ul', {}, ...items))
}

/** What is to be known of the backend of one call; nothing where it is not configured any longer. */
export function drawHonesty(name: string | undefined, backends: Backends | undefined): HTMLElement | null {
  const found = name === undefined || !backends || !Object.hasOwn(backends, name) ? undefined : backends[name]
  return found === undefined ? null : draw(found)
}
