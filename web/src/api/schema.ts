// Generated from the API's OpenAPI document by `make web-types`. Change the API instead.

export interface paths {
    "/api/bindings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListAllBindings
         * @description Every binding, or those of a source or target.
         */
        get: operations["listAllBindings"];
        put?: never;
        /**
         * CreateBinding
         * @description Bind a source to an endpoint, and switch the source on.
         */
        post: operations["createBinding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/bindings/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetOneBinding
         * @description One binding.
         */
        get: operations["getOneBinding"];
        put?: never;
        post?: never;
        /**
         * DeleteBinding
         * @description Remove a binding; what waits is refused, dismissed, or delivered first.
         */
        delete: operations["deleteBinding"];
        options?: never;
        head?: never;
        /**
         * ChangeBinding
         * @description Change a binding. A changed shape makes a new revision, which a replay uses too.
         */
        patch: operations["changeBinding"];
        trace?: never;
    };
    "/api/bindings/{reference}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RunBinding
         * @description Read a snapshot source now for this binding alone, and send what it says, changed or not.
         *
         *     Its schedule goes on as it was.
         */
        post: operations["runBinding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListDeliveries
         * @description Deliveries, newest first.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deliveries/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetOneDelivery
         * @description One delivery with its event and its attempts.
         */
        get: operations["getOneDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deliveries/dismiss": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * DismissDeliveries
         * @description End, unsent, what waits or was given up.
         */
        post: operations["dismissDeliveries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/deliveries/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * ReplayDeliveries
         * @description Send again what ended, with a fresh budget; send now what waits.
         */
        post: operations["replayDeliveries"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListEvents
         * @description Events, newest first.
         */
        get: operations["listEvents"];
        put?: never;
        /**
         * Take events
         * @description All or nothing. The answer comes after the commit.
         */
        post: operations["postEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetOneEvent
         * @description One event with its data and its deliveries.
         */
        get: operations["getOneEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gaps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListGaps
         * @description Scheduled runs that led to no delivery, newest first.
         */
        get: operations["listGaps"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/gaps/{reference}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RunGap
         * @description Read now for the gap's binding and send what it says, changed or not.
         */
        post: operations["runGap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetHealth
         * @description How the daemon is doing. Needs no token.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/ack": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * AcknowledgeCritical
         * @description Note that a client has shown these entries; they are not owed to it any more. Safe to repeat.
         */
        post: operations["acknowledgeCritical"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/critical": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListCritical
         * @description The critical entries that are owed to a client, which is registered by asking.
         */
        get: operations["listCritical"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/ping": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * PingLive
         * @description Have `pong` said on the client's streams; it is in no log.
         */
        post: operations["pingLive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/poll": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * PollLive
         * @description The entries behind a cursor, as the stream gives them; without a cursor, the one to begin with.
         */
        get: operations["pollLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/snapshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetLiveSnapshot
         * @description The state to begin with, and the cursor from which the stream goes on.
         */
        get: operations["getLiveSnapshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListSessions
         * @description Every session, with when it was last used.
         */
        get: operations["listSessions"];
        put?: never;
        /**
         * StartSession
         * @description Exchange a login code for a session, whose cookie is set. Needs no token.
         */
        post: operations["startSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * EndSession
         * @description Sign a browser out by the number of its session; `current` is the one that asks.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * MakeLoginCode
         * @description Make a code with which a browser can sign in, once and within a minute.
         */
        post: operations["makeLoginCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListSettings
         * @description Every setting, in the order of the data path.
         */
        get: operations["listSettings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/settings/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetSetting
         * @description One setting.
         */
        get: operations["getSetting"];
        put?: never;
        post?: never;
        /**
         * ResetSetting
         * @description Give one its default back.
         */
        delete: operations["resetSetting"];
        options?: never;
        head?: never;
        /**
         * SetSetting
         * @description Set one; it holds at once, or from the next start where its description says so.
         */
        patch: operations["setSetting"];
        trace?: never;
    };
    "/api/source-kinds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListSourceKinds
         * @description Every kind of source, with what its settings may be.
         */
        get: operations["listSourceKinds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListAllSources
         * @description Every source.
         */
        get: operations["listAllSources"];
        put?: never;
        /**
         * CreateSource
         * @description Add a source. It is off until it is bound or switched on.
         */
        post: operations["createSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetOneSource
         * @description One source.
         */
        get: operations["getOneSource"];
        put?: never;
        post?: never;
        /**
         * DeleteSource
         * @description Remove a source with its bindings and all that it remembers; what it told stays, and is delivered or dismissed.
         *
         *     Those that are there from the start cannot be removed: switch them off.
         */
        delete: operations["deleteSource"];
        options?: never;
        head?: never;
        /**
         * ChangeSource
         * @description Change a source's settings or property choices; both hold from the next read on.
         */
        patch: operations["changeSource"];
        trace?: never;
    };
    "/api/sources/{reference}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * DisableOneSource
         * @description Switch a source off; what it has told is kept and delivered. Safe to repeat.
         */
        post: operations["disableOneSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{reference}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * EnableOneSource
         * @description Switch a source on. Safe to repeat.
         */
        post: operations["enableOneSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{reference}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * PreviewSource
         * @description What would leave now; nothing is sent or consumed. `reveal` needs a token of scope admin.
         */
        get: operations["previewSource"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sources/{reference}/push": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * PushSource
         * @description Read a snapshot source now and send what it says, changed or not.
         */
        post: operations["pushSource"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetStatus
         * @description What is flowing, what is waiting, and what needs a person.
         */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListAllTargets
         * @description Every target; one that is being removed is among them until nothing waits for it.
         */
        get: operations["listAllTargets"];
        put?: never;
        /**
         * CreateTarget
         * @description Check a target and save it. A check that fails saves nothing.
         */
        post: operations["createTarget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetOneTarget
         * @description One target.
         */
        get: operations["getOneTarget"];
        put?: never;
        post?: never;
        /**
         * DeleteTarget
         * @description Remove a target with its bindings and secrets; what waits is refused, dismissed, or delivered first.
         */
        delete: operations["deleteTarget"];
        options?: never;
        head?: never;
        /**
         * ChangeTarget
         * @description Change a target; it holds for what waits already.
         */
        patch: operations["changeTarget"];
        trace?: never;
    };
    "/api/targets/{reference}/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetTargetHealth
         * @description How a target and each of its endpoints is doing.
         */
        get: operations["getTargetHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/{reference}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * PauseTarget
         * @description Send nothing more until it is resumed; what comes meanwhile waits.
         */
        post: operations["pauseTarget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/{reference}/reconnect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * ReconnectTarget
         * @description Check the target; where that passes, let what waits go again, a few at a time. Else it stays as it is.
         */
        post: operations["reconnectTarget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/{reference}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * ResumeTarget
         * @description End every pause of the target, whatever its cause.
         */
        post: operations["resumeTarget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/{reference}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RotateSecret
         * @description Sign with a fresh secret as well as the present one; receivers need to know only one of them.
         */
        post: operations["rotateSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/{reference}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * TestTarget
         * @description Ask the target whether it would take a delivery. Changes nothing.
         */
        post: operations["testTarget"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListTokens
         * @description Every token but the home's own.
         */
        get: operations["listTokens"];
        put?: never;
        /**
         * CreateToken
         * @description Make a token; it is in the answer and nowhere else.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/tokens/{reference}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * RevokeToken
         * @description Revoke a token; what was accepted under it stays.
         */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** Acknowledged */
        Acknowledged: {
            owed: number;
        };
        /** Acknowledgement */
        Acknowledgement: {
            client: string;
            ids: string[];
        };
        /** ActivityMessage */
        ActivityMessage: {
            /** @enum {string} */
            level: "info" | "success" | "warning" | "error";
            message: string;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** ActivityMessageEvent */
        ActivityMessageEvent: {
            payload: components["schemas"]["ActivityMessage"];
            /** @constant */
            type: "activity_message";
        };
        /**
         * ActivityState
         * @description What a source is doing.
         * @enum {string}
         */
        ActivityState: "disabled" | "passive" | "watching" | "buffering" | "reading" | "failing";
        /** ActivityView */
        ActivityView: {
            detail: string;
            lastRun: string;
            nextRunAt: number | null;
            secondsLeft: number | null;
            state: components["schemas"]["ActivityState"];
        };
        /** AgentUpdate */
        AgentUpdate: {
            agentId: string;
            name: string;
            state: string;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** AgentUpdateEvent */
        AgentUpdateEvent: {
            payload: components["schemas"]["AgentUpdate"];
            /** @constant */
            type: "agent_update";
        };
        /** AttemptView */
        AttemptView: {
            code: string;
            detail: string;
            diagnosis: components["schemas"]["DiagnosisView"] | null;
            durationMs: number;
            isCharged: boolean;
            isProbe: boolean;
            kind: components["schemas"]["OutcomeKind"];
            number: number;
            request: components["schemas"]["SentRequestView"] | null;
            responseExcerpt: string;
            retryAfterS: number | null;
            revision: number;
            startedAt: number;
            statusCode: number | null;
        };
        /** Attention */
        Attention: {
            do: string;
            source?: string | null;
            target?: string | null;
            what: string;
        };
        /** BindingInput */
        BindingInput: {
            endpoint?: string | number | null;
            filter?: components["schemas"]["FilterView"];
            policy?: components["schemas"]["PolicyView"];
            schedule?: components["schemas"]["ScheduleView"];
            shape?: components["schemas"]["ShapeView"];
            silenceS?: number | null;
            source: string | number;
            target: string | number;
        };
        /** BindingList */
        BindingList: {
            items: components["schemas"]["BindingView"][];
            nextCursor: string | null;
        };
        /** BindingPatch */
        BindingPatch: {
            filter?: components["schemas"]["FilterView"] | null;
            policy?: components["schemas"]["PolicyView"] | null;
            schedule?: components["schemas"]["ScheduleView"] | null;
            shape?: components["schemas"]["ShapeView"] | null;
            silenceS?: number | null;
        };
        /**
         * BindingState
         * @description active ──removed while something waits──▶ closing (takes nothing new) ──nothing waits──▶ gone.
         * @enum {string}
         */
        BindingState: "active" | "closing";
        /** BindingView */
        BindingView: {
            createdAt: number;
            endpoint: string;
            endpointId: number;
            filter: components["schemas"]["FilterView"];
            id: number;
            lastRun: components["schemas"]["LastRunView"] | null;
            nextRunAt: number | null;
            policy: components["schemas"]["PolicyView"];
            revision: number;
            schedule: components["schemas"]["ScheduleView"];
            shape: components["schemas"]["ShapeView"];
            silenceS: number | null;
            source: string;
            sourceId: number;
            state: components["schemas"]["BindingState"];
            target: string;
            targetId: number;
            updatedAt: number;
        };
        /**
         * BodyFormat
         * @description How an event is wrapped: CloudEvents 1.0 structured JSON, or its data alone.
         * @default cloudevents
         * @enum {string}
         */
        BodyFormat: "cloudevents" | "raw";
        /** BulkView */
        BulkView: {
            changed: number;
            matched: number;
            skipped: components["schemas"]["SkippedView"][];
        };
        /** CheckView */
        CheckView: {
            code: string;
            detail: string;
            diagnosis: components["schemas"]["DiagnosisView"] | null;
            ok: boolean;
            statusCode: number | null;
        };
        /** Choice */
        Choice: {
            filter?: components["schemas"]["DeliveryFilter"] | null;
            ids?: string[] | null;
        };
        /**
         * CloudEvent
         * @description One CloudEvent, as far as it is understood.
         */
        CloudEvent: {
            /** @default null */
            correlationkey: string | null;
            data?: unknown;
            /** @default null */
            data_base64: string | null;
            /** @default null */
            datacontenttype: string | null;
            /** @default null */
            hops: number | null;
            id: string;
            /** @default null */
            severity: string | null;
            source: string;
            /** @enum {unknown} */
            specversion: "1.0";
            /** @default null */
            subject: string | null;
            /** @default null */
            time: string | null;
            type: string;
        };
        /**
         * Configured
         * @description What can be configured, other than sources.
         * @enum {string}
         */
        Configured: "setting" | "target" | "binding";
        /** Counts */
        Counts: {
            /** @default 0 */
            delivered: number;
            /** @default 0 */
            dismissed: number;
            /** @default 0 */
            dlq: number;
            /** @default 0 */
            expired: number;
            /** @default 0 */
            failed: number;
            /** @default 0 */
            inFlight: number;
            /** @default 0 */
            pending: number;
            /** @default 0 */
            targetPaused: number;
            /** @default 0 */
            withheld: number;
        };
        /** CriticalList */
        CriticalList: {
            items: components["schemas"]["LiveEntry"][];
            owed: number;
        };
        /** Cut */
        Cut: {
            message: string;
            /** @enum {string} */
            reason: "slow" | "stopping" | "auth";
            /** @default 1 */
            version: number;
        };
        /** CutEvent */
        CutEvent: {
            payload: components["schemas"]["Cut"];
            /** @constant */
            type: "cut";
        };
        /** DeliveryDetail */
        DeliveryDetail: {
            attempts: components["schemas"]["AttemptView"][];
            availableAt: number;
            bindingId: number;
            createdAt: number;
            endedAt: number | null;
            endpoint: string;
            endpointId: number;
            event: components["schemas"]["EventOfDelivery"];
            eventId: string;
            eventType: string;
            expiresAt: number | null;
            generation: number;
            id: string;
            isPaused: boolean;
            lastCode: string | null;
            lastStatusCode: number | null;
            reason: string | null;
            revision: number;
            severity: string;
            source: string;
            sourceId: number;
            status: components["schemas"]["ReportedStatus"];
            subject: string | null;
            target: string;
            targetId: number;
            updatedAt: number;
        };
        /** DeliveryFilter */
        DeliveryFilter: {
            binding?: number | null;
            source?: string | number | null;
            status?: components["schemas"]["ReportedStatus"] | null;
            target?: string | number | null;
            type?: string | null;
        };
        /** DeliveryList */
        DeliveryList: {
            items: components["schemas"]["DeliveryView"][];
            nextCursor: string | null;
        };
        /** DeliveryUpdate */
        DeliveryUpdate: {
            counts: components["schemas"]["Counts"];
            endpointId: number;
            newest: components["schemas"]["NewestDelivery"][];
            targetId: number;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** DeliveryUpdateEvent */
        DeliveryUpdateEvent: {
            payload: components["schemas"]["DeliveryUpdate"];
            /** @constant */
            type: "delivery_update";
        };
        /** DeliveryView */
        DeliveryView: {
            attempts: number;
            availableAt: number;
            bindingId: number;
            createdAt: number;
            endedAt: number | null;
            endpoint: string;
            endpointId: number;
            eventId: string;
            eventType: string;
            expiresAt: number | null;
            generation: number;
            id: string;
            isPaused: boolean;
            lastCode: string | null;
            lastStatusCode: number | null;
            reason: string | null;
            revision: number;
            severity: string;
            source: string;
            sourceId: number;
            status: components["schemas"]["ReportedStatus"];
            subject: string | null;
            target: string;
            targetId: number;
            updatedAt: number;
        };
        /** DiagnosisView */
        DiagnosisView: {
            advice: string;
            risk: string;
            what: string;
        };
        /** EndpointView */
        EndpointView: {
            id: number;
            name: string;
            settings: unknown;
        };
        /** ErrorEvent */
        ErrorEvent: {
            details?: string | null;
            errorType: string;
            message: string;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** ErrorEventEvent */
        ErrorEventEvent: {
            payload: components["schemas"]["ErrorEvent"];
            /** @constant */
            type: "error_event";
        };
        /** EventDetail */
        EventDetail: {
            at: number;
            correlationKey: string | null;
            data: unknown;
            deliveries: components["schemas"]["DeliveryView"][];
            expiresAt: number | null;
            hops: number;
            id: string;
            key: string | null;
            machine: string;
            origin: string;
            recordedAt: number;
            severity: components["schemas"]["Severity"];
            source: string;
            sourceId: number;
            subject: string | null;
            supersedeKey: string | null;
            type: string;
        };
        /** EventList */
        EventList: {
            items: components["schemas"]["EventView"][];
            nextCursor: string | null;
        };
        /** EventOfDelivery */
        EventOfDelivery: {
            at: number;
            id: string;
            machine: string;
            origin: string;
            recordedAt: number;
            severity: string;
            subject: string | null;
            type: string;
        };
        /** EventView */
        EventView: {
            at: number;
            dataBytes: number;
            deliveries: number;
            id: string;
            machine: string;
            origin: string;
            recordedAt: number;
            severity: components["schemas"]["Severity"];
            source: string;
            sourceId: number;
            subject: string | null;
            type: string;
        };
        /** FilterView */
        FilterView: {
            /** @default [] */
            origins: (string | unknown)[];
            severityMin?: components["schemas"]["Severity"] | null;
            /** @default [] */
            types: (string | unknown)[];
        };
        /** GapList */
        GapList: {
            items: components["schemas"]["GapView"][];
            nextCursor: string | null;
        };
        /**
         * GapReason
         * @description Why a scheduled run led to no delivery.
         *
         *         missed: the daemon did not run or the machine slept until the next slot. nothing_new: the read found what was
         *         sent before. nothing_to_tell: the read found nothing at all, or the filter wants none of it. read_failed: no read
         *         succeeded before the next slot. source_off: the source was switched off. edited: a schedule of another kind took
         *         its place before it was run.
         * @enum {string}
         */
        GapReason: "missed" | "nothing_new" | "nothing_to_tell" | "read_failed" | "source_off" | "edited";
        /** GapView */
        GapView: {
            bindingId: number;
            count: number;
            detail: string;
            endpoint: string;
            firstAt: number;
            id: number;
            isAtLeast: boolean;
            lastAt: number;
            notedAt: number;
            ranAt: number | null;
            reason: components["schemas"]["GapReason"];
            source: string;
            target: string;
            words: string;
            zone: string;
        };
        /** HealthOfEndpoint */
        HealthOfEndpoint: {
            cause: components["schemas"]["PauseCause"] | null;
            consecutiveFailures: number;
            detail: string;
            id: number;
            name: string;
            nextProbeAt: number | null;
            queued: number;
            reason: string;
            since: number;
            state: components["schemas"]["HealthState"];
        };
        /** HealthOfTarget */
        HealthOfTarget: {
            cause: components["schemas"]["PauseCause"] | null;
            detail: string;
            reason: string;
            since: number;
            state: components["schemas"]["HealthState"];
        };
        /**
         * HealthState
         * @description Whether an endpoint or target may be sent to.
         *
         *         ok ──trouble──▶ paused ──probe or reconnect succeeds──▶ resuming (1, 2, 4 … at a time) ──▶ ok
         * @enum {string}
         */
        HealthState: "ok" | "paused" | "resuming";
        /** HealthView */
        HealthView: {
            ledger: components["schemas"]["LedgerHealth"];
            startedAt: number;
            /** @enum {string} */
            status: "ok" | "degraded" | "stopping";
            version: string;
            workers: components["schemas"]["WorkerView"][];
        };
        /** LastRunView */
        LastRunView: {
            at: number;
            detail: string;
            result: components["schemas"]["RunResult"];
        };
        /** LedgerHealth */
        LedgerHealth: {
            freeBytes: number | null;
            ok: boolean;
        };
        /** LedgerView */
        LedgerView: {
            freeBytes: number;
            path: string;
            sizeBytes: number;
        };
        /** LiveEntry */
        LiveEntry: {
            cursor: string;
            event: components["schemas"]["ServerStatusEvent"] | components["schemas"]["ActivityMessageEvent"] | components["schemas"]["SessionUpdateEvent"] | components["schemas"]["ErrorEventEvent"] | components["schemas"]["DeliveryUpdateEvent"] | components["schemas"]["TargetHealthEvent"] | components["schemas"]["SourceUpdateEvent"] | components["schemas"]["PeerUpdateEvent"] | components["schemas"]["AgentUpdateEvent"] | components["schemas"]["WakeUpdateEvent"] | components["schemas"]["SettingsUpdateEvent"] | components["schemas"]["PongEvent"] | components["schemas"]["ReloadEvent"] | components["schemas"]["CutEvent"];
            id: string;
            timestamp: number;
        };
        /** LivePage */
        LivePage: {
            cursor: string;
            items: components["schemas"]["LiveEntry"][];
        };
        /** LiveSnapshot */
        LiveSnapshot: {
            activity: components["schemas"]["LiveEntry"][];
            bindings: components["schemas"]["BindingView"][];
            cursor: string;
            daemon: components["schemas"]["HealthView"];
            gaps: components["schemas"]["GapView"][];
            health: components["schemas"]["TargetHealthUpdate"][];
            lanes: components["schemas"]["DeliveryUpdate"][];
            sources: components["schemas"]["SourceStatus"][];
            targets: components["schemas"]["TargetStatus"][];
            timestamp: number;
        };
        /** LoginCode */
        LoginCode: {
            code: string;
            validS: number;
        };
        /** MadeTarget */
        MadeTarget: {
            check: components["schemas"]["CheckView"] | null;
            secret: string | null;
            target: components["schemas"]["TargetView"];
        };
        /** MadeToken */
        MadeToken: {
            createdAt: number;
            id: number;
            lastUsedAt: number | null;
            name: string;
            prefix: string;
            scope: components["schemas"]["TokenScope"];
            token: string;
        };
        /**
         * Mode
         * @description When a binding's source is read for it: whenever it changes, or by the clock.
         * @default on_change
         * @enum {string}
         */
        Mode: "on_change" | "interval" | "daily" | "weekly" | "cron";
        /** NewestDelivery */
        NewestDelivery: {
            attempts: number;
            eventType: string;
            id: string;
            status: string;
            updatedAt: number;
        };
        /** NewSession */
        NewSession: {
            code: string;
        };
        /** NewToken */
        NewToken: {
            name?: string | null;
            scope: components["schemas"]["TokenScope"];
        };
        /**
         * Origin
         * @description Where a value came from, weakest first.
         * @enum {string}
         */
        Origin: "default" | "ledger" | "environment" | "flag";
        /**
         * OutcomeKind
         * @description What an attempt's answer means; policy reads this and never the text.
         * @enum {string}
         */
        OutcomeKind: "delivered" | "auth" | "gone" | "rate_limited" | "rejected" | "transient";
        /**
         * PauseCause
         * @description Why it is paused. transient and offline heal by themselves; the others wait for a person.
         * @enum {string}
         */
        PauseCause: "transient" | "offline" | "auth" | "gone" | "rejected" | "manual";
        /** PeerUpdate */
        PeerUpdate: {
            name: string;
            peerId: string;
            state: string;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** PeerUpdateEvent */
        PeerUpdateEvent: {
            payload: components["schemas"]["PeerUpdate"];
            /** @constant */
            type: "peer_update";
        };
        /** Ping */
        Ping: {
            client: string;
            id: string;
        };
        /** Pinged */
        Pinged: {
            streams: number;
        };
        /** PolicyView */
        PolicyView: {
            /** @default true */
            isHealthRelevant: boolean;
            /** @default false */
            isStrictOrder: boolean;
            /**
             * @default [
             *       "transient",
             *       "rate_limited"
             *     ]
             */
            retryKinds: (components["schemas"]["OutcomeKind"] | unknown)[];
            /**
             * @default [
             *       5,
             *       300,
             *       1800,
             *       7200,
             *       18000,
             *       36000,
             *       50400,
             *       72000,
             *       86400
             *     ]
             */
            retryScheduleS: (number | unknown)[];
            timeToLiveS?: number | null;
        };
        /** Pong */
        Pong: {
            id: string;
            /** @default 1 */
            version: number;
        };
        /** PongEvent */
        PongEvent: {
            payload: components["schemas"]["Pong"];
            /** @constant */
            type: "pong";
        };
        /**
         * PostedEvent
         * @description An event as it is posted. `key` makes it idempotent within its origin; `at` is when it happened.
         */
        PostedEvent: {
            /** @default null */
            at: number | string | null;
            /** @default null */
            correlationKey: string | null;
            data?: unknown;
            /** @default null */
            expiresAt: number | string | null;
            /** @default null */
            key: string | null;
            /** @default null */
            origin: string | null;
            /** @default info */
            severity: components["schemas"]["Severity"];
            /** @default null */
            subject: string | null;
            /** @default null */
            supersedeKey: string | null;
            type: string;
        };
        /**
         * Preset
         * @description A choice of properties by what they are: all that the source lets out, only summaries, or none sensitive.
         * @default full
         * @enum {string}
         */
        Preset: "full" | "summary" | "no_sensitive";
        /** PreviewView */
        PreviewView: {
            data: unknown;
            eventType: string;
            found: string;
            problems: string[];
            sensitive: string[];
        };
        /** Problem */
        Problem: {
            code: string;
            detail: string;
            diagnosis?: components["schemas"]["DiagnosisView"] | null;
            field?: string | null;
            index?: number | null;
            line?: number | null;
            status: number;
            title: string;
            type: string;
            waiting?: number | null;
        };
        /** PropertyOfKind */
        PropertyOfKind: {
            isOn: boolean;
            isSensitive: boolean;
            isSummary: boolean;
            name: string;
            title: string;
        };
        /** PropertyView */
        PropertyView: {
            isOn: boolean;
            isSensitive: boolean;
            isSummary: boolean;
            name: string;
            title: string;
        };
        /** PushedView */
        PushedView: {
            deliveries: number;
            events: number;
            note: string;
        };
        /** Reload */
        Reload: {
            /** @enum {string} */
            reason: "replaced" | "ahead" | "trimmed";
            /** @default 1 */
            version: number;
        };
        /** ReloadEvent */
        ReloadEvent: {
            payload: components["schemas"]["Reload"];
            /** @constant */
            type: "reload";
        };
        /** RemovedView */
        RemovedView: {
            waiting: number;
        };
        /**
         * ReportedStatus
         * @description The stored ones, and `target_paused`: waiting, while its endpoint or target is paused.
         * @enum {string}
         */
        ReportedStatus: "pending" | "in_flight" | "failed" | "delivered" | "dlq" | "dismissed" | "expired" | "withheld" | "target_paused";
        /**
         * RunResult
         * @description How the last run of a binding went. `failed`: the read failed, and the run is tried again.
         * @enum {string}
         */
        RunResult: "sent" | "nothing_new" | "nothing_to_tell" | "failed";
        /** ScheduleView */
        ScheduleView: {
            at?: string | null;
            cron?: string | null;
            day?: components["schemas"]["Weekday"] | null;
            everyS?: number | null;
            mode?: components["schemas"]["Mode"];
            zone?: string | null;
        };
        /** SentRequestView */
        SentRequestView: {
            body: string | null;
            bodyHash: string | null;
            headers: [
                string,
                string
            ][];
            /** @default false */
            isBase64: boolean;
            method: string;
            url: string;
        };
        /** ServerStatus */
        ServerStatus: {
            message: string;
            /** @enum {string} */
            status: "started" | "stopping" | "stopped";
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** ServerStatusEvent */
        ServerStatusEvent: {
            payload: components["schemas"]["ServerStatus"];
            /** @constant */
            type: "server_status";
        };
        /** SessionList */
        SessionList: {
            items: components["schemas"]["SessionView"][];
            nextCursor: string | null;
        };
        /** SessionUpdate */
        SessionUpdate: {
            action: string;
            sessionId: string;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** SessionUpdateEvent */
        SessionUpdateEvent: {
            payload: components["schemas"]["SessionUpdate"];
            /** @constant */
            type: "session_update";
        };
        /** SessionView */
        SessionView: {
            browser: string;
            createdAt: number;
            id: number;
            isCurrent: boolean;
            lastUsedAt: number;
        };
        /** SettingChange */
        SettingChange: {
            value: boolean | number | string;
        };
        /** SettingList */
        SettingList: {
            items: components["schemas"]["SettingView"][];
            nextCursor?: string | null;
        };
        /** SettingsUpdate */
        SettingsUpdate: {
            /** @enum {string} */
            action: "set" | "reset" | "added" | "changed" | "closing" | "removed";
            id?: number | null;
            name: string;
            subject: components["schemas"]["Configured"];
            timestamp: number;
            value?: boolean | number | string | null;
            /** @default 1 */
            version: number;
        };
        /** SettingsUpdateEvent */
        SettingsUpdateEvent: {
            payload: components["schemas"]["SettingsUpdate"];
            /** @constant */
            type: "settings_update";
        };
        /** SettingView */
        SettingView: {
            choices: string[];
            default: boolean | number | string;
            doc: string;
            key: string;
            kind: string;
            max: number | null;
            min: number | null;
            origin: components["schemas"]["Origin"];
            unit: string;
            value: boolean | number | string;
        };
        /**
         * Severity
         * @description How much a person should care, rising.
         * @enum {string}
         */
        Severity: "info" | "success" | "warning" | "error";
        /** ShapeView */
        ShapeView: {
            format?: components["schemas"]["BodyFormat"];
            headers?: {
                [key: string]: string;
            };
            preset?: components["schemas"]["Preset"];
            properties?: {
                [key: string]: boolean;
            };
        };
        /** SigningSecret */
        SigningSecret: {
            secret: string;
        };
        /** SkippedView */
        SkippedView: {
            id: string;
            reason: string;
        };
        /**
         * SourceAction
         * @description What became of a source. run, gap: of one of its bindings, which goes by the clock.
         * @enum {string}
         */
        SourceAction: "added" | "changed" | "enabled" | "disabled" | "removed" | "failing" | "reading" | "run" | "gap";
        /** SourceChange */
        SourceChange: {
            properties?: {
                [key: string]: boolean;
            } | null;
            settings?: {
                [key: string]: unknown;
            } | null;
            silenceS?: number | null;
        };
        /** SourceInput */
        SourceInput: {
            kind: string;
            name: string;
            properties?: {
                [key: string]: boolean;
            };
            settings?: {
                [key: string]: unknown;
            };
            silenceS?: number | null;
        };
        /** SourceKindList */
        SourceKindList: {
            items: components["schemas"]["SourceKindView"][];
            nextCursor: string | null;
        };
        /** SourceKindView */
        SourceKindView: {
            canBeAdded: boolean;
            isDefault: boolean;
            kind: string;
            needsSchedule: boolean;
            package: string | null;
            problem: string | null;
            properties: components["schemas"]["PropertyOfKind"][];
            settings: unknown;
            shape: components["schemas"]["SourceShape"];
            title: string;
        };
        /** SourceList */
        SourceList: {
            items: components["schemas"]["SourceView"][];
            nextCursor: string | null;
        };
        /**
         * SourceShape
         * @description snapshot: re-reads state, one payload per burst. stream: one event per happening.
         * @enum {string}
         */
        SourceShape: "snapshot" | "stream";
        /** SourceStatus */
        SourceStatus: {
            activity: components["schemas"]["ActivityView"];
            bindings: number;
            counts: components["schemas"]["Counts"];
            events: number;
            id: number;
            isEnabled: boolean;
            kind: string;
            lastEventAt: number | null;
            name: string;
        };
        /** SourceUpdate */
        SourceUpdate: {
            action: components["schemas"]["SourceAction"];
            bindingId?: number | null;
            /** @default 0 */
            count: number;
            /** @default  */
            detail: string;
            source: string;
            sourceId: number | null;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** SourceUpdateEvent */
        SourceUpdateEvent: {
            payload: components["schemas"]["SourceUpdate"];
            /** @constant */
            type: "source_update";
        };
        /** SourceView */
        SourceView: {
            activity: components["schemas"]["ActivityView"];
            bindings: number;
            createdAt: number;
            id: number;
            isDefault: boolean;
            isEnabled: boolean;
            kind: string;
            name: string;
            needsSchedule: boolean;
            problem: string | null;
            properties: components["schemas"]["PropertyView"][];
            settings: unknown;
            shape: components["schemas"]["SourceShape"];
            silenceS: number | null;
            title: string;
            updatedAt: number;
        };
        /** StatusView */
        StatusView: {
            attention: components["schemas"]["Attention"][];
            counts: components["schemas"]["Counts"];
            events: number;
            home: string;
            ledger: components["schemas"]["LedgerView"];
            machine: string;
            sources: components["schemas"]["SourceStatus"][];
            startedAt: number;
            targets: components["schemas"]["TargetStatus"][];
            uptimeS: number;
            url: string;
            version: string;
        };
        /**
         * TakenEvent
         * @description What became of one posted event. Of a duplicate, `id` is the first one's, and no delivery is made.
         */
        TakenEvent: {
            deliveries: number;
            duplicate: boolean;
            id: string;
        };
        /**
         * TakenEvents
         * @description What became of the posted events, in their order.
         */
        TakenEvents: {
            events: components["schemas"]["TakenEvent"][];
        };
        /** TargetHealth */
        TargetHealth: {
            cause: components["schemas"]["PauseCause"] | null;
            consecutiveFailures: number;
            detail: string;
            endpoints: components["schemas"]["HealthOfEndpoint"][];
            queued: number;
            reason: string;
            since: number;
            state: components["schemas"]["HealthState"];
        };
        /** TargetHealthEvent */
        TargetHealthEvent: {
            payload: components["schemas"]["TargetHealthUpdate"];
            /** @constant */
            type: "target_health";
        };
        /** TargetHealthUpdate */
        TargetHealthUpdate: {
            cause: components["schemas"]["PauseCause"] | null;
            detail: string;
            endpoint: string | null;
            endpointId: number | null;
            reason: string;
            since: number;
            state: components["schemas"]["HealthState"];
            target: string;
            targetId: number;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** TargetInput */
        TargetInput: {
            /** @default true */
            check: boolean;
            kind: string;
            name: string;
            settings: {
                [key: string]: unknown;
            };
        };
        /** TargetList */
        TargetList: {
            items: components["schemas"]["TargetView"][];
            nextCursor: string | null;
        };
        /** TargetPatch */
        TargetPatch: {
            name?: string | null;
            settings?: {
                [key: string]: unknown;
            } | null;
        };
        /** TargetStatus */
        TargetStatus: {
            counts: components["schemas"]["Counts"];
            health: components["schemas"]["HealthOfTarget"];
            id: number;
            kind: string;
            lastDeliveredAt: number | null;
            name: string;
            queued: number;
        };
        /** TargetView */
        TargetView: {
            createdAt: number;
            endpoints: components["schemas"]["EndpointView"][];
            health: components["schemas"]["HealthOfTarget"];
            id: number;
            kind: string;
            name: string;
            settings: unknown;
            updatedAt: number;
        };
        /** TokenList */
        TokenList: {
            items: components["schemas"]["TokenView"][];
            nextCursor: string | null;
        };
        /**
         * TokenScope
         * @description What a token allows: posting events, reading everything that is not a secret, or all of it.
         * @enum {string}
         */
        TokenScope: "ingest" | "read" | "admin";
        /** TokenView */
        TokenView: {
            createdAt: number;
            id: number;
            lastUsedAt: number | null;
            name: string;
            prefix: string;
            scope: components["schemas"]["TokenScope"];
        };
        /** TriedView */
        TriedView: {
            diagnosis?: components["schemas"]["DiagnosisView"] | null;
            error: string | null;
            ok: boolean;
            resumed: number;
        };
        /**
         * Waiting
         * @description What a person wants done with that which has not ended, when its binding or target is removed.
         * @default refuse
         * @enum {string}
         */
        Waiting: "refuse" | "dismiss" | "deliver";
        /** WakeUpdate */
        WakeUpdate: {
            account: string;
            /** @default  */
            detail: string;
            state: string;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** WakeUpdateEvent */
        WakeUpdateEvent: {
            payload: components["schemas"]["WakeUpdate"];
            /** @constant */
            type: "wake_update";
        };
        /**
         * Weekday
         * @description The days of the week, in the order of ISO 8601.
         * @enum {string}
         */
        Weekday: "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";
        /**
         * WorkerState
         * @description How a worker is doing.
         * @enum {string}
         */
        WorkerState: "running" | "restarting" | "stopped";
        /** WorkerView */
        WorkerView: {
            error: string | null;
            name: string;
            restarts: number;
            since: number;
            state: components["schemas"]["WorkerState"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type Acknowledged = components['schemas']['Acknowledged'];
export type Acknowledgement = components['schemas']['Acknowledgement'];
export type ActivityMessage = components['schemas']['ActivityMessage'];
export type ActivityMessageEvent = components['schemas']['ActivityMessageEvent'];
export type ActivityState = components['schemas']['ActivityState'];
export type ActivityView = components['schemas']['ActivityView'];
export type AgentUpdate = components['schemas']['AgentUpdate'];
export type AgentUpdateEvent = components['schemas']['AgentUpdateEvent'];
export type AttemptView = components['schemas']['AttemptView'];
export type Attention = components['schemas']['Attention'];
export type BindingInput = components['schemas']['BindingInput'];
export type BindingList = components['schemas']['BindingList'];
export type BindingPatch = components['schemas']['BindingPatch'];
export type BindingState = components['schemas']['BindingState'];
export type BindingView = components['schemas']['BindingView'];
export type BodyFormat = components['schemas']['BodyFormat'];
export type BulkView = components['schemas']['BulkView'];
export type CheckView = components['schemas']['CheckView'];
export type Choice = components['schemas']['Choice'];
export type CloudEvent = components['schemas']['CloudEvent'];
export type Configured = components['schemas']['Configured'];
export type Counts = components['schemas']['Counts'];
export type CriticalList = components['schemas']['CriticalList'];
export type Cut = components['schemas']['Cut'];
export type CutEvent = components['schemas']['CutEvent'];
export type DeliveryDetail = components['schemas']['DeliveryDetail'];
export type DeliveryFilter = components['schemas']['DeliveryFilter'];
export type DeliveryList = components['schemas']['DeliveryList'];
export type DeliveryUpdate = components['schemas']['DeliveryUpdate'];
export type DeliveryUpdateEvent = components['schemas']['DeliveryUpdateEvent'];
export type DeliveryView = components['schemas']['DeliveryView'];
export type DiagnosisView = components['schemas']['DiagnosisView'];
export type EndpointView = components['schemas']['EndpointView'];
export type ErrorEvent = components['schemas']['ErrorEvent'];
export type ErrorEventEvent = components['schemas']['ErrorEventEvent'];
export type EventDetail = components['schemas']['EventDetail'];
export type EventList = components['schemas']['EventList'];
export type EventOfDelivery = components['schemas']['EventOfDelivery'];
export type EventView = components['schemas']['EventView'];
export type FilterView = components['schemas']['FilterView'];
export type GapList = components['schemas']['GapList'];
export type GapReason = components['schemas']['GapReason'];
export type GapView = components['schemas']['GapView'];
export type HealthOfEndpoint = components['schemas']['HealthOfEndpoint'];
export type HealthOfTarget = components['schemas']['HealthOfTarget'];
export type HealthState = components['schemas']['HealthState'];
export type HealthView = components['schemas']['HealthView'];
export type LastRunView = components['schemas']['LastRunView'];
export type LedgerHealth = components['schemas']['LedgerHealth'];
export type LedgerView = components['schemas']['LedgerView'];
export type LiveEntry = components['schemas']['LiveEntry'];
export type LivePage = components['schemas']['LivePage'];
export type LiveSnapshot = components['schemas']['LiveSnapshot'];
export type LoginCode = components['schemas']['LoginCode'];
export type MadeTarget = components['schemas']['MadeTarget'];
export type MadeToken = components['schemas']['MadeToken'];
export type Mode = components['schemas']['Mode'];
export type NewestDelivery = components['schemas']['NewestDelivery'];
export type NewSession = components['schemas']['NewSession'];
export type NewToken = components['schemas']['NewToken'];
export type Origin = components['schemas']['Origin'];
export type OutcomeKind = components['schemas']['OutcomeKind'];
export type PauseCause = components['schemas']['PauseCause'];
export type PeerUpdate = components['schemas']['PeerUpdate'];
export type PeerUpdateEvent = components['schemas']['PeerUpdateEvent'];
export type Ping = components['schemas']['Ping'];
export type Pinged = components['schemas']['Pinged'];
export type PolicyView = components['schemas']['PolicyView'];
export type Pong = components['schemas']['Pong'];
export type PongEvent = components['schemas']['PongEvent'];
export type PostedEvent = components['schemas']['PostedEvent'];
export type Preset = components['schemas']['Preset'];
export type PreviewView = components['schemas']['PreviewView'];
export type Problem = components['schemas']['Problem'];
export type PropertyOfKind = components['schemas']['PropertyOfKind'];
export type PropertyView = components['schemas']['PropertyView'];
export type PushedView = components['schemas']['PushedView'];
export type Reload = components['schemas']['Reload'];
export type ReloadEvent = components['schemas']['ReloadEvent'];
export type RemovedView = components['schemas']['RemovedView'];
export type ReportedStatus = components['schemas']['ReportedStatus'];
export type RunResult = components['schemas']['RunResult'];
export type ScheduleView = components['schemas']['ScheduleView'];
export type SentRequestView = components['schemas']['SentRequestView'];
export type ServerStatus = components['schemas']['ServerStatus'];
export type ServerStatusEvent = components['schemas']['ServerStatusEvent'];
export type SessionList = components['schemas']['SessionList'];
export type SessionUpdate = components['schemas']['SessionUpdate'];
export type SessionUpdateEvent = components['schemas']['SessionUpdateEvent'];
export type SessionView = components['schemas']['SessionView'];
export type SettingChange = components['schemas']['SettingChange'];
export type SettingList = components['schemas']['SettingList'];
export type SettingsUpdate = components['schemas']['SettingsUpdate'];
export type SettingsUpdateEvent = components['schemas']['SettingsUpdateEvent'];
export type SettingView = components['schemas']['SettingView'];
export type Severity = components['schemas']['Severity'];
export type ShapeView = components['schemas']['ShapeView'];
export type SigningSecret = components['schemas']['SigningSecret'];
export type SkippedView = components['schemas']['SkippedView'];
export type SourceAction = components['schemas']['SourceAction'];
export type SourceChange = components['schemas']['SourceChange'];
export type SourceInput = components['schemas']['SourceInput'];
export type SourceKindList = components['schemas']['SourceKindList'];
export type SourceKindView = components['schemas']['SourceKindView'];
export type SourceList = components['schemas']['SourceList'];
export type SourceShape = components['schemas']['SourceShape'];
export type SourceStatus = components['schemas']['SourceStatus'];
export type SourceUpdate = components['schemas']['SourceUpdate'];
export type SourceUpdateEvent = components['schemas']['SourceUpdateEvent'];
export type SourceView = components['schemas']['SourceView'];
export type StatusView = components['schemas']['StatusView'];
export type TakenEvent = components['schemas']['TakenEvent'];
export type TakenEvents = components['schemas']['TakenEvents'];
export type TargetHealth = components['schemas']['TargetHealth'];
export type TargetHealthEvent = components['schemas']['TargetHealthEvent'];
export type TargetHealthUpdate = components['schemas']['TargetHealthUpdate'];
export type TargetInput = components['schemas']['TargetInput'];
export type TargetList = components['schemas']['TargetList'];
export type TargetPatch = components['schemas']['TargetPatch'];
export type TargetStatus = components['schemas']['TargetStatus'];
export type TargetView = components['schemas']['TargetView'];
export type TokenList = components['schemas']['TokenList'];
export type TokenScope = components['schemas']['TokenScope'];
export type TokenView = components['schemas']['TokenView'];
export type TriedView = components['schemas']['TriedView'];
export type Waiting = components['schemas']['Waiting'];
export type WakeUpdate = components['schemas']['WakeUpdate'];
export type WakeUpdateEvent = components['schemas']['WakeUpdateEvent'];
export type Weekday = components['schemas']['Weekday'];
export type WorkerState = components['schemas']['WorkerState'];
export type WorkerView = components['schemas']['WorkerView'];
export type $defs = Record<string, never>;
export interface operations {
    listAllBindings: {
        parameters: {
            query?: {
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description An id or a name. */
                source?: string | null;
                /** @description An id or a name. */
                target?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BindingList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createBinding: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BindingInput"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BindingView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOneBinding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BindingView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteBinding: {
        parameters: {
            query?: {
                /** @description What a person wants done with that which has not ended, when its binding or target is removed. */
                waiting?: components["schemas"]["Waiting"];
            };
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RemovedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeBinding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BindingPatch"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BindingView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runBinding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Insufficient Storage */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                binding?: number | null;
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description An id or a name. */
                source?: string | null;
                status?: components["schemas"]["ReportedStatus"] | null;
                /** @description An id or a name. */
                target?: string | null;
                /** @description A type, or a glob. */
                type?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOneDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryDetail"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    dismissDeliveries: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Choice"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Insufficient Storage */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayDeliveries: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Choice"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Insufficient Storage */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
                origin?: string | null;
                /** @description An id or a name. */
                source?: string | null;
                /** @description A type, or a glob. */
                type?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/cloudevents-batch+json": components["schemas"]["CloudEvent"][];
                "application/cloudevents+json": components["schemas"]["CloudEvent"];
                "application/json": components["schemas"]["PostedEvent"] | components["schemas"]["PostedEvent"][];
                "application/x-ndjson": string;
            };
        };
        responses: {
            /** @description Every event was a duplicate by its key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TakenEvents"];
                };
            };
            /** @description The events are on disk. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TakenEvents"];
                };
            };
            /** @description An event does not fit; `index` or `line` says which. Nothing was taken. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description No token, or one that is unknown. */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The token is not for this, or another site asked. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description An event, the body or their number is over its limit. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The body is not in a form that is taken. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too much awaits its commit; Retry-After says when to come back. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A mistake of Posthouse's own. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The daemon is stopping. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The disk is almost full; nothing was taken. */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOneEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventDetail"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listGaps: {
        parameters: {
            query?: {
                /** @description A binding's number. */
                binding?: number | null;
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description An id or a name. */
                source?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GapList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runGap: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Insufficient Storage */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HealthView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    acknowledgeCritical: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Acknowledgement"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Acknowledged"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Insufficient Storage */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listCritical: {
        parameters: {
            query: {
                /** @description An id that the client keeps. */
                client: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CriticalList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too Many Requests */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Insufficient Storage */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pingLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Ping"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pinged"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pollLive: {
        parameters: {
            query?: {
                /** @description The cursor of the last entry known. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LivePage"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getLiveSnapshot: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveSnapshot"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSession"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    makeLoginCode: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LoginCode"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSettings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSetting: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resetSetting: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setSetting: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSourceKinds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceKindList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAllSources: {
        parameters: {
            query?: {
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createSource: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceInput"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOneSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSource: {
        parameters: {
            query?: {
                /** @description What a person wants done with that which has not ended, when its binding or target is removed. */
                waiting?: components["schemas"]["Waiting"];
            };
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RemovedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SourceChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disableOneSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enableOneSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SourceView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewSource: {
        parameters: {
            query?: {
                reveal?: boolean;
            };
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pushSource: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PushedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Insufficient Storage */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAllTargets: {
        parameters: {
            query?: {
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TargetList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createTarget: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TargetInput"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeTarget"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unprocessable Entity */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getOneTarget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TargetView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteTarget: {
        parameters: {
            query?: {
                /** @description What a person wants done with that which has not ended, when its binding or target is removed. */
                waiting?: components["schemas"]["Waiting"];
            };
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RemovedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeTarget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TargetPatch"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TargetView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getTargetHealth: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TargetHealth"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pauseTarget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reconnectTarget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeTarget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningSecret"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testTarget: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TriedView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTokens: {
        parameters: {
            query?: {
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenList"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeToken"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Conflict */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Request Entity Too Large */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unsupported Media Type */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id or a name. */
                reference: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenView"];
                };
            };
            /** @description Bad Request */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Unauthorized */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Forbidden */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Not Found */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Internal Server Error */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Service Unavailable */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
