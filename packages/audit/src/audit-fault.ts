/** Something that an operator has to put right, in a sentence for them. */
export class AuditFault extends Error {
  override readonly name = 'AuditFault'
}
