import {
  bearerTokenAuthenticationPolicy as bearer,
  createDefaultHttpClient as client,
  createHttpHeaders as headers,
  createEmptyPipeline as pipeline,
  proxyPolicy as proxy,
  createPipelineRequest as request,
  defaultRetryPolicy as retry,
} from '@azure/core-rest-pipeline'

/** What is used of the library, by itself: a bundle that loads this lazily leaves out the rest. */
export const bearerTokenAuthenticationPolicy = bearer
export const createDefaultHttpClient = client
export const createEmptyPipeline = pipeline
export const createHttpHeaders = headers
export const createPipelineRequest = request
export const defaultRetryPolicy = retry
export const proxyPolicy = proxy
