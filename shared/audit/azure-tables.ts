import { TableClient as AzureTableClient } from '@azure/data-tables'

/** The one class that is used of the library, by itself: a bundle that loads this lazily leaves out the rest. */
export const TableClient = AzureTableClient
