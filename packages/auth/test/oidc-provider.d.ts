/// <reference path="../../testing/src/oidc-provider.d.ts" />
