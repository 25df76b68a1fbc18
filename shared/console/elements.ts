type Child = Node | string | null

type Members = Readonly<Record<string, string | boolean | ((event: Event) => void)>>

/**
 * Makes an element. Texts become text nodes and nothing else, so that no value is ever read as markup; a member that is a
 * function listens, `false` is left out.
 */
export function element(name: string, members: Members, ...children: readonly Child[]): HTMLElement {
  const made = document.createElement(name)
  for (const [member, value] of Object.entries(members)) {
    if (typeof value === 'function') made.addEventListener(member, value)
    else if (value !== false) made.setAttribute(member, value === true ? '' : value)
  }
  made.append(...children.filter((child) => child !== null))
  return made
}

/** Terms and what they are; those without a value are left out. */
export function facts(pairs: readonly (readonly [string, string | null])[]): HTMLElement {
  const rows = pairs.flatMap(([term, value]) =>
    value === null ? [] : [element('div', {}, element('dt', {}, term), element('dd', {}, value))],
  )
  return element('dl', {}, ...rows)
}

/** A moment as the reader's clock and calendar say it; `iso` is ISO 8601. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}
