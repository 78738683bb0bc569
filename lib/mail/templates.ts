export interface Mail {
  readonly subject: string
  readonly text: string
  readonly html: string
}

interface Letter {
  readonly subject: string
  readonly paragraphs: readonly string[]
  readonly action?: { readonly label: string; readonly url: string }
  readonly closing: string
}

export const verificationMail = (username: string, appUrl: string, token: string) =>
  compose({
    subject: 'Verify your e-mail address',
    paragraphs: [
      `Hello ${username},`,
      'Welcome to Veza. Please confirm that this address is yours, then you can sign in.',
    ],
    action: {
      label: 'Verify my address',
      url: `${appUrl}/verify-email?token=${encodeURIComponent(token)}`,
    },
    closing: 'The link works once, within 24 hours. If you did not ask for an account, ignore this mail.',
  })

export const accountExistsMail = (username: string, appUrl: string) =>
  compose({
    subject: 'You already have a Veza account',
    paragraphs: [
      `Hello ${username},`,
      'Somebody tried to register with this address, but it already belongs to your account. Nothing was changed.',
    ],
    action: { label: 'Sign in', url: `${appUrl}/login` },
    closing: 'If this was not you, there is nothing to do.',
  })

export const accountUnverifiedMail = (username: string, appUrl: string) =>
  compose({
    subject: 'Your Veza account is waiting to be verified',
    paragraphs: [
      `Hello ${username},`,
      'Somebody tried to register with this address again. An account with it exists, but the address was never verified. Nothing was changed.',
    ],
    action: { label: 'Get a new link', url: `${appUrl}/verify-email` },
    closing: `If you did not register as ${username}, do not verify the address.`,
  })

export const sessionRevokedMail = (username: string, appUrl: string) =>
  compose({
    subject: 'We ended one of your sessions',
    paragraphs: [
      `Hello ${username},`,
      'A sign-in key of yours that was already replaced has been used again. Somebody may have copied it, so that session is over on every device that shared it.',
    ],
    action: { label: 'Sign in again', url: `${appUrl}/login` },
    closing: 'If you see this more than once, change your password.',
  })

function compose({ subject, paragraphs, action, closing }: Letter): Mail {
  const link = action ? [`${action.label}:\n${action.url}`] : []
  return {
    subject,
    text: `${[...paragraphs, ...link, closing].join('\n\n')}\n\nVeza\n`,
    html: page(subject, [
      ...paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
      ...(action ? [button(action)] : []),
      `<p style="color:#6b7280;font-size:14px">${escapeHtml(closing)}</p>`,
    ]),
  }
}

const button = ({ label, url }: { label: string; url: string }) =>
  `<p style="margin:28px 0"><a href="${escapeHtml(url)}" style="background:#4f46e5;border-radius:8px;color:#fff;display:inline-block;font-weight:600;padding:12px 24px;text-decoration:none">${escapeHtml(label)}</a></p>` +
  `<p style="color:#6b7280;font-size:14px">Or open this address:<br><span style="word-break:break-all">${escapeHtml(url)}</span></p>`

const page = (title: string, blocks: readonly string[]) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>` +
  '<body style="background:#f3f4f6;margin:0;padding:32px 16px">' +
  '<div style="background:#fff;border-radius:12px;color:#111827;font:16px/1.6 system-ui,sans-serif;margin:0 auto;max-width:520px;padding:32px">' +
  `<p style="font-size:20px;font-weight:700;margin:0 0 24px">Veza</p>${blocks.join('')}</div></body></html>`

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character]!)
