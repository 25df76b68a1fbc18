import { mayUse, type WorkspaceObjects } from './objects.ts'
import { fail, type Reply } from './reply.ts'
import type { Asked, Route } from './route.ts'

const inFiles = /^\/api\/2\.0\/fs\/files\/Volumes\/(.+)$/
const inFolders = /^\/api\/2\.0\/fs\/directories\/Volumes\/(.+?)\/?$/

/** Files API 2.0 over volumes: each for some people only, as Unity Catalog would have it. */
export const volumeRoutes: readonly Route[] = [
  { place: 'rest', method: 'GET', path: inFiles, handle: (asked, { objects }, [path]) => read(asked, objects, path) },
  { place: 'rest', method: 'HEAD', path: inFiles, handle: (asked, { objects }, [path]) => read(asked, objects, path) },
  {
    place: 'rest',
    method: 'PUT',
    path: inFiles,
    handle: (asked, { objects }, [path = '']) =>
      within(asked, { objects, path }, (name) => {
        if (objects.files.has(name) && asked.url.searchParams.get('overwrite') !== 'true')
          return fail(409, 'ALREADY_EXISTS', 'The file being created already exists.')
        objects.files.set(name, asked.bytes)
        return { status: 204 }
      }),
  },
  {
    place: 'rest',
    method: 'DELETE',
    path: inFiles,
    handle: (asked, { objects }, [path = '']) =>
      within(asked, { objects, path }, (name) => (objects.files.delete(name) ? { status: 204 } : absentFile())),
  },
  {
    place: 'rest',
    method: 'GET',
    path: inFolders,
    handle: (asked, { objects }, [path = '']) => within(asked, { objects, path }, (name) => list(objects, name)),
  },
  {
    place: 'rest',
    method: 'PUT',
    path: inFolders,
    handle: (asked, { objects }, [path = '']) =>
      within(asked, { objects, path }, (name) => {
        objects.files.set(`${name}/`, Buffer.alloc(0))
        return { status: 204 }
      }),
  },
  {
    place: 'rest',
    method: 'DELETE',
    path: inFolders,
    handle: (asked, { objects }, [path = '']) =>
      within(asked, { objects, path }, (name) => {
        const isFull = [...objects.files.keys()].some((one) => one.startsWith(`${name}/`) && one !== `${name}/`)
        if (isFull) return fail(400, 'FAILED_PRECONDITION', 'The directory is not empty.')
        return objects.files.delete(`${name}/`) ? { status: 204 } : absentFile()
      }),
  },
]

const absentFile = () => fail(404, 'NOT_FOUND', 'The file being accessed is not found.')

function within(
  { user }: Pick<Asked, 'user'>,
  { objects: { volumes }, path }: { readonly objects: WorkspaceObjects; readonly path: string },
  use: (name: string) => Reply,
): Reply {
  const name = decodeURIComponent(path)
  const volume = volumes.find((one) => `${name}/`.startsWith(`main/sales/${one.name}/`))
  if (volume === undefined || !mayUse(volume, user)) return fail(403, 'PERMISSION_DENIED', 'READ VOLUME is missing')
  return use(name)
}

function read(asked: Asked, objects: WorkspaceObjects, path = ''): Reply {
  return within(asked, { objects, path }, (name) => {
    const found = objects.files.get(name)
    if (found === undefined) return absentFile()
    const headers = { 'Content-Type': 'application/octet-stream', 'Last-Modified': 'Sun, 22 Nov 2026 12:00:00 GMT' }
    if (asked.method === 'HEAD') return { status: 200, headers: { ...headers, 'Content-Length': String(found.length) } }
    return cut(found, String(asked.headers.range ?? ''), headers)
  })
}

function cut(found: Buffer, wanted: string, headers: Readonly<Record<string, string>>): Reply {
  const [, from, to] = /^bytes=(\d+)-(\d+)?$/.exec(wanted) ?? []
  if (from === undefined) return { status: 200, body: found, headers }
  if (Number(from) >= found.length) return fail(416, 'RANGE_NOT_SATISFIABLE', 'No such range')
  const last = Math.min(found.length - 1, Number(to ?? found.length))
  const range = { 'Content-Range': `bytes ${from}-${last}/${found.length}` }
  return { status: 206, body: found.subarray(Number(from), last + 1), headers: { ...headers, ...range } }
}

function list({ files }: WorkspaceObjects, folder: string): Reply {
  const names = [...files.keys()].filter((one) => one.startsWith(`${folder}/`) && one !== `${folder}/`)
  const contents = names
    .map((one) => one.slice(folder.length + 1))
    .filter((rest) => /^[^/]+\/?$/.test(rest))
    .map((rest) => ({
      ...{ path: `/Volumes/${folder}/${rest}`, name: rest.replace(/\/$/, ''), is_directory: rest.endsWith('/') },
      file_size: files.get(`${folder}/${rest}`)?.length ?? 0,
    }))
  return { status: 200, body: { contents } }
}
