import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { graph } from '../shared/backend/define-clouds.ts'
import { permit, resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const id = z.string().regex(/^[\w=-]{1,300}$/)
const top = z.int().min(1).max(100).default(20)
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const page = { from: { pointer: '/@odata.nextLink' }, into: 'link' } as const
const recipient = z.strictObject({
  emailAddress: z.strictObject({ address: z.email(), name: z.string().max(200).optional() }),
})
const recipients = z.array(recipient).min(1).max(50)
const subject = z.string().max(255)
const body = z.strictObject({ contentType: z.enum(['text']).default('text'), content: z.string().max(100_000) })
const message = { subject, body, toRecipients: recipients, ccRecipients: recipients.optional() }
const when = z.strictObject({ dateTime: z.string().max(40), timeZone: z.string().max(60) })
const select = z
  .string()
  .regex(/^[\w,/]{1,300}$/)
  .default('id,subject,from,toRecipients,receivedDateTime,bodyPreview')
const people = {
  from: 'pii.contact',
  toRecipients: 'pii.contact',
  ccRecipients: 'pii.contact',
  sender: 'pii.contact',
  attendees: 'pii.contact',
  organizer: 'pii.contact',
}
// Where one member has a label, each of the others needs one.
const labelled = (place: string) => ({
  [`${place}/*`]: 'none',
  ...Object.fromEntries(Object.entries(people).map(([member, label]) => [`${place}/${member}`, label])),
})

serve(
  defineBackend({
    name: 'graph-mail',
    title: 'Mail and calendar (Microsoft Graph)',
    ...permit(resources.graph, [
      'User.Read',
      'Mail.Read',
      'Mail.ReadWrite',
      'Mail.Send',
      'Calendars.Read',
      'Calendars.ReadWrite',
    ]),
    ...graph,
    identityProbe: { method: 'request', path: '/me', oid: '/id' },
    honesty: 'yes',
    notes: [
      'Only the person’s own mailbox and calendar are reached.',
      'Mail comes from anybody: whoever reads it counts as having read untrusted content, and what is sent after that takes a second person.',
      'Sending lets data out of the company, whoever the recipient is.',
    ],
    untrusted: true,
    correlation: { 'client-request-id': '{decisionId}', 'return-client-request-id': 'true' },
    records: ['request-id', 'client-request-id'],
    operations: {
      listMessages: {
        summary: 'List messages of the mailbox, the latest first',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            filter: z.string().max(500).optional().describe('OData condition; not together with search'),
            search: z
              .string()
              .regex(/^"[^"]{1,200}"$/)
              .optional()
              .describe('Words in double quotes'),
            select,
            top,
            cursor,
          }),
        call: rest({
          method: 'GET',
          path: '/me/messages',
          parameters: [],
          query: { $filter: 'filter', $search: 'search', $select: 'select', $top: 'top' },
          pageSize: 'top',
          page,
        }),
        labels: labelled('/value/*'),
      },
      getMessage: {
        summary: 'Read one message',
        effect: 'read',
        inputs: () => z.strictObject({ id }),
        call: rest({
          method: 'GET',
          path: '/me/messages/{id}',
          parameters: ['id'],
          headers: { prefer: 'outlook.body-content-type="text"' },
        }),
        labels: labelled(''),
      },
      createDraft: {
        summary: 'Write a draft that the person can look at and send',
        effect: 'write',
        inputs: () => z.strictObject(message),
        call: rest({ method: 'POST', path: '/me/messages', parameters: [], body: Object.keys(message) }),
        labels: labelled(''),
      },
      sendMail: {
        summary: 'Send a message as the person',
        effect: 'write',
        egress: true,
        inputs: () => z.strictObject(message),
        call: rest({
          method: 'POST',
          path: '/me/sendMail',
          parameters: [],
          template: {
            message: {
              subject: '{subject}',
              body: '{body}',
              toRecipients: '{toRecipients}',
              ccRecipients: '{ccRecipients}',
            },
            saveToSentItems: true,
          },
        }),
      },
      listCalendarView: {
        summary: 'List appointments within a span of time',
        effect: 'read',
        inputs: () => z.strictObject({ startDateTime: z.iso.datetime(), endDateTime: z.iso.datetime(), top, cursor }),
        call: rest({
          method: 'GET',
          path: '/me/calendarView',
          parameters: [],
          query: { startDateTime: 'startDateTime', endDateTime: 'endDateTime', $top: 'top' },
          pageSize: 'top',
          page,
        }),
        labels: labelled('/value/*'),
      },
      createEvent: {
        summary: 'Put an appointment into the calendar; whoever is named as attendee is invited by mail',
        effect: 'write',
        egress: true,
        inputs: () =>
          z.strictObject({
            subject,
            body: body.optional(),
            start: when,
            end: when,
            attendees: z.array(recipient).max(50).optional(),
            transactionId: z.guid().optional().describe('The same for a repeat, so that there is one appointment'),
          }),
        call: rest({
          method: 'POST',
          path: '/me/events',
          parameters: [],
          body: ['subject', 'body', 'start', 'end', 'attendees', 'transactionId'],
        }),
        labels: labelled(''),
      },
      deleteMessage: {
        summary: 'Move a message to the deleted items',
        effect: 'delete',
        inputs: () => z.strictObject({ id }),
        call: rest({ method: 'DELETE', path: '/me/messages/{id}', parameters: ['id'] }),
      },
    },
  }),
)
