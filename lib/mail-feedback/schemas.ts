/** `unreachable`: mail to it comes back · `unwanted`: whoever reads it called a mail of ours unwanted. */
export const emailStatuses = ['ok', 'unreachable', 'unwanted'] as const
export type EmailStatus = (typeof emailStatuses)[number]
