/** Starts the `iss` of every token signed by a development issuer, so that every environment can name and refuse it. */
export const developmentIssuerPrefix = 'urn:postern:development:'
