import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { graph } from '../shared/backend/define-clouds.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const teamId = z.guid()
const channelId = z.string().regex(/^19:[\w.@=-]{1,200}$/)
const chatId = z.string().regex(/^19:[\w.@=-]{1,200}$/)
const top = z.int().min(1).max(50).default(20)
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const page = { from: { pointer: '/@odata.nextLink' }, into: 'link' } as const
const text = z.string().min(1).max(20_000).describe('Plain text; it is sent as the person')
const labels = { '/value/*/*': 'none', '/value/*/from': 'pii.contact' }
const body = { body: { contentType: 'text', content: '{text}' } }

serve(
  defineBackend({
    name: 'graph-teams',
    title: 'Microsoft Teams messages (Microsoft Graph)',
    ...permit(resources.graph, [
      'User.Read',
      'Team.ReadBasic.All',
      'Channel.ReadBasic.All',
      'ChannelMessage.Read.All',
      'ChannelMessage.Send',
      'Chat.Read',
      'ChatMessage.Send',
    ]),
    ...graph,
    identityProbe: { method: 'request', path: '/me', oid: '/id' },
    honesty: 'yes',
    notes: [
      'Messages are sent as the person; nobody else can be named as their author.',
      'A chat may hold people from outside the company: sending counts as letting data out.',
      'Anybody in a conversation may have written what is read.',
    ],
    untrusted: true,
    limits: { teamId: 'teams' },
    correlation: { 'client-request-id': '{decisionId}', 'return-client-request-id': 'true' },
    records: ['request-id', 'client-request-id'],
    operations: {
      listJoinedTeams: {
        summary: 'List the teams that the person is a member of',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: rest({ method: 'GET', path: '/me/joinedTeams', parameters: [] }),
      },
      listChannelMessages: {
        summary: 'Read the messages of a channel, the latest first',
        effect: 'read',
        inputs: () => z.strictObject({ teamId, channelId, top, cursor }),
        call: rest({
          method: 'GET',
          path: '/teams/{teamId}/channels/{channelId}/messages',
          parameters: ['teamId', 'channelId'],
          query: { $top: 'top' },
          pageSize: 'top',
          page,
        }),
        labels,
      },
      listChats: {
        summary: 'List the chats of the person',
        effect: 'read',
        inputs: () => z.strictObject({ top, cursor }),
        call: rest({ method: 'GET', path: '/me/chats', parameters: [], query: { $top: 'top' }, pageSize: 'top', page }),
      },
      listChatMessages: {
        summary: 'Read the messages of a chat, the latest first',
        effect: 'read',
        inputs: () => z.strictObject({ chatId, top, cursor }),
        call: rest({
          method: 'GET',
          path: '/chats/{chatId}/messages',
          parameters: ['chatId'],
          query: { $top: 'top' },
          pageSize: 'top',
          page,
        }),
        labels,
      },
      sendChannelMessage: {
        summary: 'Send a message to a channel',
        effect: 'write',
        egress: true,
        inputs: () => z.strictObject({ teamId, channelId, text }),
        call: rest({
          method: 'POST',
          path: '/teams/{teamId}/channels/{channelId}/messages',
          parameters: ['teamId', 'channelId'],
          template: body,
        }),
      },
      sendChatMessage: {
        summary: 'Send a message to a chat',
        effect: 'write',
        egress: true,
        inputs: () => z.strictObject({ chatId, text }),
        call: rest({ method: 'POST', path: '/chats/{chatId}/messages', parameters: ['chatId'], template: body }),
      },
    },
  }),
)
