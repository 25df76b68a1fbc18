import { appSources, buildApp, readAppSources } from './app-build.ts'
import { projectRoot } from './local-folder.ts'
import { changedBetween, type Sources } from './sources.ts'
import type { Stack } from './stack.ts'
import { watchFolders } from './watch.ts'

interface Reload {
  readonly stack: Stack
  /** Folder of the gateway that runs, and the other one, which the next build goes to. */
  running: string
  spare: string
  /** What the last build, good or bad, was made of. */
  sources: Sources
}

/**
 * Watches the gateway's sources; after a change it builds them aside and restarts the gateway alone. A build that fails
 * is printed and the old gateway goes on; one that does not start is followed by the old one again. Returns the end.
 */
export function reloadGateway(stack: Stack, app: string): () => void {
  const reload: Reload = { stack, running: app, spare: `${app}-next`, sources: readAppSources() }
  let work: Promise<void> = Promise.resolve()
  let isOver = false
  const end = watchFolders(projectRoot, appSources, () => {
    work = work.then(() => (isOver ? undefined : followChange(reload)))
  })
  return () => {
    isOver = true
    end()
  }
}

async function followChange(reload: Reload): Promise<void> {
  const began = performance.now()
  const sources = readAppSources()
  const changed = changedBetween(reload.sources, sources)
  if (changed.length === 0) return
  reload.sources = sources
  if (!(await tryTo(() => buildApp(reload.spare), `${list(changed)}: the build failed, the old gateway goes on`)))
    return
  const isServing = await tryTo(() => reload.stack.replaceGateway(reload.spare), 'the new gateway does not start')
  if (isServing) {
    ;[reload.running, reload.spare] = [reload.spare, reload.running]
    say(`${list(changed)}: the gateway serves again after ${((performance.now() - began) / 1000).toFixed(1)} s`)
  } else if (
    await tryTo(() => reload.stack.replaceGateway(reload.running), 'nor does the old one; save to try again')
  ) {
    say('the old gateway serves again')
  }
}

async function tryTo(act: () => Promise<void>, complaint: string): Promise<boolean> {
  try {
    await act()
    return true
  } catch (error) {
    say(isPrinted(error) ? complaint : `${complaint}\n${error instanceof Error ? error.message : String(error)}`)
    return false
  }
}

/** The bundler has printed its errors already, with their places. */
function isPrinted(error: unknown): boolean {
  return error instanceof Error && 'errors' in error
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function list(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}
