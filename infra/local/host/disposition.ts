import type { App, RegisteredFunction } from './app.ts'
import type { HostJson } from './host-json.ts'
import { describeError } from './log.ts'
import { createRouteTable, type RouteSource, type RouteTable } from './route-table.ts'
import { isDisabled, type Settings } from './settings.ts'

/** The app's functions by what starts them; those that cannot run here are left out and reported. */
export interface Disposition {
  readonly routes: RouteTable<RegisteredFunction>
  readonly timers: readonly RegisteredFunction[]
  readonly queues: readonly RegisteredFunction[]
  readonly listed: readonly ListedFunction[]
}

/** A function as the host lists it; `trigger` is the binding type, `route` has the prefix and starts with a slash. */
export interface ListedFunction {
  readonly name: string
  readonly trigger: string
  readonly route?: string
  readonly methods?: readonly string[]
}

const bundled = new Set(['queuetrigger', 'queue'])
const builtIn = new Set(['httptrigger', 'http', 'timertrigger'])

function typeOf(fn: RegisteredFunction): string {
  return fn.trigger.type.toLowerCase()
}

function checkBindings(fn: RegisteredFunction, host: HostJson): RegisteredFunction {
  for (const { type } of Object.values(fn.metadata.bindings)) {
    const name = type.toLowerCase()
    if (builtIn.has(name)) continue
    if (!bundled.has(name)) throw new Error(`the binding type '${type}' is not supported by this local host`)
    if (!host.hasBundle) throw new Error(`the binding type '${type}' needs 'extensionBundle' in host.json`)
  }
  return fn
}

function templateOf(fn: RegisteredFunction, host: HostJson): string {
  const route = fn.trigger.route === undefined || fn.trigger.route === '' ? fn.name : fn.trigger.route
  if (/^[/~]/.test(route)) throw new Error(`the route '${route}' starts with '/' or '~'`)
  return host.routePrefix === '' ? route : `${host.routePrefix}/${route}`
}

function toSource(fn: RegisteredFunction, host: HostJson): RouteSource<RegisteredFunction> {
  const template = templateOf(fn, host)
  if (/^admin(\/|$)/i.test(template)) throw new Error(`the route '${template}' is reserved by the host`)
  return { template, methods: (fn.trigger.methods ?? []).map((method) => method.toUpperCase()), target: fn }
}

type Sources = readonly RouteSource<RegisteredFunction>[]

function isRouted(fn: RegisteredFunction, sources: Sources): boolean {
  return sources.some((source) => source.target === fn)
}

function clash(left: RouteSource<RegisteredFunction>, right: RouteSource<RegisteredFunction>): boolean {
  const all = left.methods.length === 0 || right.methods.length === 0
  const shared = all || left.methods.some((method) => right.methods.includes(method))
  return shared && left.template.toLowerCase() === right.template.toLowerCase()
}

function reportClashes(app: App, sources: Sources): void {
  for (const [index, later] of sources.entries()) {
    const earlier = sources.slice(0, index).find((source) => clash(source, later))
    if (earlier === undefined) continue
    app.log.problem(`functions '${earlier.target.name}' and '${later.target.name}' share the route '${later.template}'`)
  }
}

function toListed(fn: RegisteredFunction, sources: Sources): ListedFunction {
  const source = sources.find((candidate) => candidate.target === fn)
  const listed = { name: fn.name, trigger: fn.trigger.type }
  return source === undefined ? listed : { ...listed, route: `/${source.template}`, methods: source.methods }
}

/** A function that fits here, or undefined with a problem reported: Azure too runs the others. */
function admit<T>(app: App, fn: RegisteredFunction, make: () => T): readonly T[] {
  try {
    return [make()]
  } catch (error) {
    app.log.problem(`function '${fn.name}' cannot be started: ${describeError(error)}`)
    return []
  }
}

function checkedSource(fn: RegisteredFunction, host: HostJson): RouteSource<RegisteredFunction> {
  const source = toSource(fn, host)
  createRouteTable([source])
  return source
}

/** Sorts the registered functions by trigger, without those that settings switch off. */
export function disposeFunctions(app: App, host: HostJson, settings: Settings): Disposition {
  const enabled = [...app.functions.values()].filter((fn) => !isDisabled(fn.name, settings))
  const fitting = enabled.flatMap((fn) => admit(app, fn, () => checkBindings(fn, host)))
  const web = fitting.filter((fn) => typeOf(fn) === 'httptrigger')
  const sources = web.flatMap((fn) => admit(app, fn, () => checkedSource(fn, host)))
  reportClashes(app, sources)
  return {
    routes: createRouteTable(sources),
    timers: fitting.filter((fn) => typeOf(fn) === 'timertrigger'),
    queues: fitting.filter((fn) => typeOf(fn) === 'queuetrigger'),
    listed: fitting.filter((fn) => !web.includes(fn) || isRouted(fn, sources)).map((fn) => toListed(fn, sources)),
  }
}
