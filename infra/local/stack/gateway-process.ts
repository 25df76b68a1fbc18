/**
 * The gateway's own process: the Functions host, with global fetch led through the stack's proxy. The proxy is known from
 * HTTPS_PROXY alone, since the gateway refuses to start with a `COUNTERSIGN_` name that is not one of its settings.
 */
import { installOutgoingProxy } from '../host/outgoing-proxy.ts'

const { HTTPS_PROXY, NO_PROXY } = process.env
installOutgoingProxy({ COUNTERSIGN_STACK_PROXY: HTTPS_PROXY, NO_PROXY })
await import('../host/main.ts')
