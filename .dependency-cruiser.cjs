// Who may import whom. `npm run check:imports` applies it and fails where it saw too few modules. An edge is a file that
// touches network, wasm, threads or disk; infra/build/edges.json lists them by technology, with the one SDK of each.
const technologies = require('./infra/build/edges.json')

const exactly = (files) => `^(${files.map((file) => file.replaceAll('.', '\\.')).join('|')})$`
const edge = exactly(technologies.flatMap(({ files }) => files))
const door = '^shared/(serve|http/guard)\\.ts$'
const outer = '^shared/(app[a-z-]*|serve)\\.ts$|^shared/http/|^shared/console/|^shared/config/environment\\.ts$'
// Node's own modules and our files resolve to names outside node_modules; zod is everybody's.
const foreign = 'node_modules/(?!zod/)'

const sameTechnologyOnly = technologies.map(({ technology, files }) => ({
  name: `edge-${technology}-imports-no-other-edge`,
  severity: 'error',
  from: { path: exactly(files) },
  to: { path: edge, pathNot: exactly(files), dependencyTypesNot: ['type-only'] },
}))

const oneSdkOnly = technologies.map(({ technology, files, sdk }) => ({
  name: `edge-${technology}-uses-its-one-sdk`,
  severity: 'error',
  from: { path: exactly(files) },
  to: { path: foreign, pathNot: `node_modules/${sdk}/` },
}))

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'nothing-unresolved',
      comment: 'What cannot be found cannot be judged. The worker itself provides functions-core.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@azure/functions-core$' },
    },
    {
      name: 'functions-are-islands',
      comment: 'A function file is a declaration: it imports how to declare and how to serve.',
      severity: 'error',
      from: { path: '^functions/' },
      to: { pathNot: '^shared/serve\\.ts$|^shared/backend/define[a-z-]*\\.ts$|node_modules/zod/' },
    },
    {
      name: 'pure-stays-pure',
      comment: 'Whatever is no edge takes its world as parameters: no SDK, no Node module but hashing.',
      severity: 'error',
      from: { path: '^shared/', pathNot: `${edge}|${outer}` },
      to: {
        dependencyTypesNot: ['type-only'],
        pathNot: '^(node:)?crypto$|node_modules/zod/|^shared/',
      },
    },
    {
      name: 'doors-use-hashing-alone',
      comment: 'What else of Node a handler touches is an edge; but the console reads its own files.',
      severity: 'error',
      from: { path: `^shared/(http|console)/|${door}`, pathNot: `${edge}|^shared/http/console-files\\.ts$` },
      to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'pure-imports-no-edge',
      severity: 'error',
      from: { path: '^shared/', pathNot: `${edge}|${door}|^shared/app[a-z-]*\\.ts$` },
      to: { path: edge, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'doors-import-one-edge',
      comment: 'They run before the app is loaded: who leaves is watched from the first request on.',
      severity: 'error',
      from: { path: door },
      to: { path: edge, pathNot: '^shared/http/left-clients\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'edges-import-no-line',
      severity: 'error',
      from: { path: edge },
      to: { path: '^shared/pipeline/', dependencyTypesNot: ['type-only'] },
    },
    ...sameTechnologyOnly,
    ...oneSdkOnly,
    {
      name: 'only-the-root-builds',
      comment: 'app.ts is the composition root, with two parts; only the wrapper of the handlers loads it, lazily.',
      severity: 'error',
      from: { path: '^(shared|functions)/', pathNot: '^shared/(serve|http/guard|app[a-z-]*)\\.ts$' },
      to: { path: '^shared/app[a-z-]*\\.ts$' },
    },
    {
      name: 'checker-does-not-trust-writer',
      severity: 'error',
      from: { path: '^shared/audit/verify[^/]*\\.ts$' },
      to: {
        path: '^shared/',
        pathNot: '^shared/audit/(record|canonical|chain|merkle|checkpoint|verify[^/]*)\\.ts$|^shared/errors/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'functions-library-at-the-door',
      severity: 'error',
      from: { path: '^(shared|functions)/', pathNot: '^shared/serve\\.ts$|^shared/http/' },
      to: { path: 'node_modules/@azure/functions/' },
    },
    {
      name: 'product-knows-no-stand-in',
      comment: 'Stand-ins live in infra/local and test, and are never reachable from what is deployed.',
      severity: 'error',
      from: { path: '^(shared|functions)/' },
      to: { path: '^(infra|test)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
