import { ConfidentialClientApplication as AzureConfidentialClientApplication } from '@azure/msal-node'

/** The one class that is used of the library, by itself: a bundle that loads this lazily leaves out the rest. */
export const ConfidentialClientApplication = AzureConfidentialClientApplication
