import { ManagedIdentityCredential as AzureManagedIdentityCredential } from '@azure/identity'

/** The one class that is used of the library, by itself: a bundle that loads this lazily leaves out the rest. */
export const ManagedIdentityCredential = AzureManagedIdentityCredential
