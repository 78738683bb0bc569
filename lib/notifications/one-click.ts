import { AppError } from '../errors.ts'

const multipartType = /^multipart\/form-data\s*;\s*boundary="?([^";\s]+)/i

/**
 * RFC 8058: mail programs post this one pair, as a form of either kind. Without it nothing is done, so that whatever
 * follows links to look at them cannot end anybody's mails.
 */
export function requireOneClick(body: Buffer, contentType = ''): void {
  if (isOneClick(body.toString('latin1'), contentType)) return
  throw new AppError('validation_failed', 'Post the form field List-Unsubscribe=One-Click')
}

function isOneClick(body: string, contentType: string): boolean {
  const boundary = multipartType.exec(contentType)?.[1]
  if (boundary !== undefined) {
    return body
      .split(`--${boundary}`)
      .some((part) =>
        /^\r\ncontent-disposition:\s*form-data;\s*name="?list-unsubscribe"?\s*\r\n(?:[^\r\n]+\r\n)*\r\nOne-Click\r\n$/i.test(
          part,
        ),
      )
  }
  return new URLSearchParams(body).get('List-Unsubscribe') === 'One-Click'
}
