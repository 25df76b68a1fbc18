import { SecretClient as AzureSecretClient } from '@azure/keyvault-secrets'

/** The one class that is used of the library, by itself: a bundle that loads this lazily leaves out the rest. */
export const SecretClient = AzureSecretClient
