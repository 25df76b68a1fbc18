import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../../build/build.ts'
import { openCached } from './build-cache.ts'
import { projectRoot } from './local-folder.ts'
import { digestOf, readSources, type Sources } from './sources.ts'

/** What is deployed is made of these; a change to one of them is a change to the gateway. */
export const appSources = ['functions', 'shared', 'infra/policy', 'host.json', 'package.json'] as const
const makers = ['infra/build/build.ts', 'package-lock.json']

/** The present state of the gateway's sources. */
export function readAppSources(): Sources {
  return readSources(projectRoot, appSources)
}

/**
 * Puts what would be deployed into a folder of this stack's own: a second stack must not pull it from under it. It is
 * built only where no earlier start has built the same sources.
 */
export async function provideApp(app: string): Promise<void> {
  const key = digestOf(readSources(projectRoot, [...appSources, ...makers]))
  const built = await openCached({ name: 'app', key, make: build }).catch(ignoreReadOnly)
  if (built === null) return buildApp(app)
  layOut(app)
  rmSync(join(app, 'dist'), { recursive: true, force: true })
  cpSync(built, join(app, 'dist'), { recursive: true })
}

/** Builds the present sources into a folder of the stack, past the cache; throws what the build has to say. */
export async function buildApp(app: string): Promise<void> {
  layOut(app)
  await build(join(app, 'dist'))
}

function layOut(app: string): void {
  mkdirSync(app, { recursive: true, mode: 0o700 })
  for (const name of ['package.json', 'host.json']) {
    if (existsSync(join(projectRoot, name))) cpSync(join(projectRoot, name), join(app, name))
  }
}

/** A project that may only be read has no cache. */
function ignoreReadOnly(error: NodeJS.ErrnoException): null {
  if (error.code === 'EACCES' || error.code === 'EROFS' || error.code === 'EPERM') return null
  throw error
}
