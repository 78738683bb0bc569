import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2'
import { mockClient } from 'aws-sdk-client-mock'
import { createMailer } from '../../../lib/aws/mailer.ts'

const client = mockClient(SESv2Client)
const mailer = createMailer({ from: 'Veza <no-reply@veza.example>', configurationSet: 'veza-mail' })
const mail = { subject: 'Grüße', text: 'plain', html: '<p>rich</p>' }

beforeEach(() => client.reset())

test('sends text and HTML from the set address', async () => {
  await mailer.send({ ...mail, to: 'nova@example.com' })

  expect(client.commandCalls(SendEmailCommand)[0]!.args[0].input).toEqual({
    FromEmailAddress: 'Veza <no-reply@veza.example>',
    ConfigurationSetName: 'veza-mail',
    Destination: { ToAddresses: ['nova@example.com'] },
    Content: {
      Simple: {
        Subject: { Data: 'Grüße', Charset: 'UTF-8' },
        Body: {
          Text: { Data: 'plain', Charset: 'UTF-8' },
          Html: { Data: '<p>rich</p>', Charset: 'UTF-8' },
        },
      },
    },
  })
})

test('adds the headers that a mail has beyond the usual', async () => {
  await mailer.send({ ...mail, to: 'nova@example.com', headers: { 'List-Unsubscribe': '<https://x>' } })

  const { Content } = client.commandCalls(SendEmailCommand)[0]!.args[0].input
  expect(Content?.Simple?.Headers).toEqual([{ Name: 'List-Unsubscribe', Value: '<https://x>' }])
})

test('writes an international domain in its ASCII form', async () => {
  await mailer.send({ ...mail, to: 'nova@bücher.example' })

  const { Destination } = client.commandCalls(SendEmailCommand)[0]!.args[0].input
  expect(Destination?.ToAddresses).toEqual(['nova@xn--bcher-kva.example'])
})

test('passes a failure on', async () => {
  client.on(SendEmailCommand).rejects(new Error('throttled'))

  await expect(mailer.send({ ...mail, to: 'nova@example.com' })).rejects.toThrow('throttled')
})
