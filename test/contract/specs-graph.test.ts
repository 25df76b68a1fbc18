import { describe, it } from 'vitest'
import { loadFunctions } from '../support/line-declarations.ts'
import { keepProofs } from '../support/proofs.ts'
import { directorySpec } from '../support/specs/sources.ts'

const proofs = keepProofs(import.meta.url)
const backends = await loadFunctions()
const graph = await directorySpec('microsoft.com/graph')
// The document wants the type of every object, which the service knows by itself.
const untyped = "body / must have required property '@odata.type'"
const message = [untyped, "body /body must have required property '@odata.type'"]

type Row = readonly [place: string, operationId: string, except?: readonly string[]]

const rows: readonly Row[] = [
  ['graph-mail.listMessages', 'me.ListMessages'],
  ['graph-mail.getMessage', 'me.GetMessages'],
  ['graph-mail.createDraft', 'me.CreateMessages', [untyped]],
  ['graph-mail.listCalendarView', 'me.ListCalendarView'],
  ['graph-mail.createEvent', 'me.CreateEvents', [untyped]],
  ['graph-mail.deleteMessage', 'me.DeleteMessages'],
  // The search is in the service's reference and not in this document.
  ['graph-sharepoint.searchSites', 'sites.site.ListSite', ['query search: is not documented']],
  ['graph-sharepoint.listItems', 'sites.lists.ListItems'],
  ['graph-sharepoint.listChildren', 'drives.items.ListChildren'],
  ['graph-sharepoint.downloadFile', 'drives.GetItemsContent'],
  ['graph-sharepoint.uploadFile', 'drives.UpdateItemsContent'],
  ['graph-sharepoint.deleteItem', 'drives.DeleteItems'],
  ['graph-sharepoint.listSignIns', 'auditLogs.ListSignIns'],
  ['graph-teams.listJoinedTeams', 'me.ListJoinedTeams'],
  ['graph-teams.listChannelMessages', 'teams.channels.ListMessages'],
  ['graph-teams.listChats', 'me.ListChats'],
  ['graph-teams.listChatMessages', 'chats.ListMessages'],
  ['graph-teams.sendChannelMessage', 'teams.channels.CreateMessages', message],
  ['graph-teams.sendChatMessage', 'chats.CreateMessages', message],
]

describe('Microsoft Graph', () => {
  const cases = rows.map(([place, operationId, except = []]) => ({ place, operationId, except }))

  it.each(cases)('is asked for $place as its document says', async ({ place, operationId, except }) => {
    const [name = '', operation = ''] = place.split('.')
    const backend = backends.find((each) => each.name === name)!
    await proofs.judge(backend, operation, { documents: [graph], operationId, except, basePath: '' })
  })
})
