import { domainToASCII } from 'node:url'
import { clientSettings } from './client-settings.ts'

export interface OutgoingMail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface Mailer {
  send(mail: OutgoingMail): Promise<void>
}

/** Sends one mail at a time by SES, from one address. */
export function createMailer({ from }: { from: string }): Mailer {
  let loading: ReturnType<typeof loadClient> | undefined
  const connect = () => {
    loading ??= loadClient()
    return loading
  }

  return {
    async send({ to, subject, text, html }) {
      const { client, SendEmailCommand } = await connect()
      await client.send(
        new SendEmailCommand({
          FromEmailAddress: from,
          Destination: { ToAddresses: [toAscii(to)] },
          Content: {
            Simple: {
              Subject: { Data: subject, Charset: 'UTF-8' },
              Body: { Text: { Data: text, Charset: 'UTF-8' }, Html: { Data: html, Charset: 'UTF-8' } },
            },
          },
        }),
      )
    },
  }
}

async function loadClient() {
  const { SESv2Client, SendEmailCommand } = await import('@aws-sdk/client-sesv2')
  return { client: new SESv2Client(clientSettings), SendEmailCommand }
}

/** SES takes international domains in their ASCII form only. */
function toAscii(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`
}
