// Generated from the API's OpenAPI document by `make web-types`. Change the API instead.

export interface paths {
    "/api/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListAgents
         * @description Every coding agent that was heard of, and what it waits for.
         */
        get: operations["listAgents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
    "/api/bindings/{reference}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * PlanChange
         * @description What a binding would send where and when after a change. `sample=false` leaves its source unread.
         */
        post: operations["planChange"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
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
    "/api/bindings/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * PlanBinding
         * @description What a binding would send where and when, before it is made. `sample=false` leaves its source unread.
         */
        post: operations["planBinding"];
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
    "/api/deliveries/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * CountDeliveries
         * @description How many deliveries fit a filter, as far as one request may look.
         */
        get: operations["countDeliveries"];
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
    "/api/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetNotifications
         * @description What is told, to whom, and what could be.
         */
        get: operations["getNotifications"];
        /**
         * ChangeNotifications
         * @description Change what is given, all of it or nothing. No server is asked: send a test to see whether it answers.
         */
        put: operations["changeNotifications"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/recent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListRecentNotifications
         * @description The newest notifications to all receivers, and what became of each.
         */
        get: operations["listRecentNotifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/notifications/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * TestNotifications
         * @description Send a test of a completed turn to the first ntfy receiver, and say what its server answered.
         */
        post: operations["testNotifications"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/peers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListPeers
         * @description Every host that was heard of on the local network.
         */
        get: operations["listPeers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/peers/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetPeersConfig
         * @description How often this machine is heard, and how soon others count as gone.
         */
        get: operations["getPeersConfig"];
        /**
         * ChangePeersConfig
         * @description Change what is given; it holds at once, and nobody who is there seems to go.
         */
        put: operations["changePeersConfig"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/peers/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * SendPeerMessage
         * @description Send a text to a peer, in plain, and wait two seconds at most for its machine to confirm it.
         */
        post: operations["sendPeerMessage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/peers/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetPeersStats
         * @description What was sent, noticed and forgotten, and when last.
         */
        get: operations["getPeersStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListServers
         * @description All managed servers, and what each one uses now.
         */
        get: operations["listServers"];
        put?: never;
        /**
         * CreateServer
         * @description Define a server; nothing is started yet. Needs the setting `commands.allowed`.
         */
        post: operations["createServer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetServer
         * @description A managed server, and what it uses now.
         */
        get: operations["getServer"];
        put?: never;
        post?: never;
        /**
         * DeleteServer
         * @description Forget a server that is stopped, with its output and its secrets; answers what it was.
         */
        delete: operations["deleteServer"];
        options?: never;
        head?: never;
        /**
         * ChangeServer
         * @description Change what is given. It holds from the next start of the server on.
         */
        patch: operations["changeServer"];
        trace?: never;
    };
    "/api/servers/{name}/output": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetServerOutput
         * @description The last lines of its output; none where it never ran, or was found running.
         */
        get: operations["getServerOutput"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{name}/output/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * StreamServerOutput
         * @description Its output as it comes, from a cursor on.
         */
        get: operations["streamServerOutput"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{name}/restart": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RestartServer
         * @description Stop it and start it again as it is defined now. Answers at once.
         */
        post: operations["restartServer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{name}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListServerSessions
         * @description The newest sessions of an OpenCode server. Titles are shown where the source `agents` lets them out.
         */
        get: operations["listServerSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{name}/sessions/{session_id}": {
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
         * DisconnectSession
         * @description Delete a session at the server, with all that was said in it; answers those that are left.
         */
        delete: operations["disconnectSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{name}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * StartServer
         * @description Start it. One that has failed gets a fresh budget of restarts; one that listens already is adopted.
         */
        post: operations["startServer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/servers/{name}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * StopServer
         * @description Ask it to stop; it is killed where its grace was not enough. Answers at once: it may still be stopping.
         */
        post: operations["stopServer"];
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
         * @description Every setting, group by group.
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
         * @description Set one; it holds at once, or from the next start where `isAtStart` says so.
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
        /**
         * PreviewChoices
         * @description What would leave now if its properties were chosen so; what is sensitive is masked. Changes nothing.
         */
        post: operations["previewChoices"];
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
    "/api/target-kinds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListTargetKinds
         * @description Every kind of target, with what is entered for it.
         */
        get: operations["listTargetKinds"];
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
         * @description Change a target; it holds for what waits already. Where it is to be checked, a failed check changes nothing.
         */
        patch: operations["changeTarget"];
        trace?: never;
    };
    "/api/targets/{reference}/endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListTargetEndpoints
         * @description The addresses within a target that are known, with the health of each.
         */
        get: operations["listTargetEndpoints"];
        put?: never;
        /**
         * CreateEndpoint
         * @description Name a further address within a target.
         */
        post: operations["createEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/{reference}/endpoints/{endpoint}": {
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
         * DeleteEndpoint
         * @description Remove an endpoint that a person named or that is gone, once no binding uses it. What went there is kept.
         */
        delete: operations["deleteEndpoint"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/{reference}/endpoints/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RefreshTargetEndpoints
         * @description Ask the target which endpoints it has; what is bound stays, even where the target offers it no more.
         */
        post: operations["refreshTargetEndpoints"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
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
    "/api/targets/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * BeginSignIn
         * @description Begin a sign-in: a browser on this machine is to open its address within five minutes.
         */
        post: operations["beginSignIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/targets/sign-in/{sign_in}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetSignIn
         * @description How a sign-in stands.
         */
        get: operations["getSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/templates/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * PreviewTemplate
         * @description What a filter and a shape would make of a source's newest events; nothing is sent.
         */
        post: operations["previewTemplate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/throughput": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetThroughput
         * @description How many tries arrived and failed, and how long it took, in even steps up to now.
         *
         *     Buckets are aligned to the clock (UTC); a try counts in that in which it ended. Latencies are of the tries that
         *     arrived, and null where there was none: `p50Ms` and `p95Ms` of the requests alone, `arrivedP50Ms` and `arrivedP95Ms`
         *     from when the event was recorded until it had arrived. They are exact below 32 ms, and off by at most 1/32 (3.2 %)
         *     above.
         */
        get: operations["getThroughput"];
        put?: never;
        post?: never;
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
    "/api/wake-schedule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetWakeSchedule
         * @description The marked hours and when each slot fires next, the last wake, and the retry that is pending.
         */
        get: operations["getWakeSchedule"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wake-schedule/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListWakeAccounts
         * @description Every account that is woken.
         */
        get: operations["listWakeAccounts"];
        put?: never;
        /**
         * CreateWakeAccount
         * @description Add an account. It is not asked now: that would begin its window.
         */
        post: operations["createWakeAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wake-schedule/accounts/{reference}": {
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
         * DeleteWakeAccount
         * @description Remove an account with its secrets. What waits to be asked again is asked no more.
         */
        delete: operations["deleteWakeAccount"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wake-schedule/accounts/{reference}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * CheckWakeAccount
         * @description Ask an account now, as a wake would; no run is recorded. Its window begins, if it had not.
         */
        post: operations["checkWakeAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wake-schedule/toggle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * ToggleWakeHour
         * @description Mark an hour, or clear it. Safe to repeat; what is refused changes nothing.
         */
        post: operations["toggleWakeHour"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/wake-schedule/wake": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * WakeNow
         * @description Wake everybody, or some accounts, now; also where no hour is marked. No slot is settled by it.
         */
        post: operations["wakeNow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** AccountChecked */
        AccountChecked: {
            error: string;
            ok: boolean;
            status: number | null;
        };
        /** AccountInput */
        AccountInput: {
            ask?: {
                [key: string]: unknown;
            } | null;
            env?: {
                [key: string]: string;
            };
            label: string;
            /** @enum {null|string} */
            preset?: "claude" | "codex" | null;
            windowHours?: number | null;
        };
        /** AccountList */
        AccountList: {
            items: components["schemas"]["AccountView"][];
            nextCursor?: null;
        };
        /** AccountView */
        AccountView: {
            ask: unknown;
            endpointId: number;
            id: number;
            label: string;
            preset: string | null;
            problem: string | null;
            targetId: number;
            windowHours: number;
        };
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
        /**
         * AgentEvent
         * @description What the source `agents` tells of; its event types.
         * @enum {string}
         */
        AgentEvent: "agent.spawned" | "agent.turn-completed" | "agent.turn-error" | "agent.permission-required" | "agent.permission-resolved" | "agent.ended";
        /** AgentList */
        AgentList: {
            items: components["schemas"]["AgentView"][];
            nextCursor?: null;
        };
        /**
         * AgentState
         * @description Where an agent stands. waiting: for a person, who must decide. failed: its last turn ended in an error.
         * @enum {string}
         */
        AgentState: "working" | "waiting" | "idle" | "failed" | "ended";
        /** AgentUpdate */
        AgentUpdate: {
            agentId: string;
            name: string;
            parentId?: string | null;
            /** @default  */
            project: string;
            /** @default 0 */
            prompts: number;
            state: string;
            timestamp: number;
            /** @default  */
            tool: string;
            /** @default 1 */
            version: number;
        };
        /** AgentUpdateEvent */
        AgentUpdateEvent: {
            payload: components["schemas"]["AgentUpdate"];
            /** @constant */
            type: "agent_update";
        };
        /** AgentView */
        AgentView: {
            error: string;
            heardAt: number;
            id: string;
            machine: string;
            parentId: string | null;
            project: string;
            prompts: components["schemas"]["PromptView"][];
            since: number;
            startedAt: number;
            state: components["schemas"]["AgentState"];
            title: string;
            tool: string;
            turnId: string | null;
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
            parcel: components["schemas"]["ParcelView"] | null;
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
            sourceProperties?: {
                [key: string]: boolean;
            };
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
            sourceProperties?: {
                [key: string]: boolean;
            };
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
         * @description How an event is wrapped: CloudEvents 1.0 structured JSON, its data alone, or as the binding's own document.
         * @default cloudevents
         * @enum {string}
         */
        BodyFormat: "cloudevents" | "raw" | "template";
        /** BoundEndpoint */
        BoundEndpoint: {
            bindings: number;
            cause: components["schemas"]["PauseCause"] | null;
            consecutiveFailures: number;
            detail: string;
            goneAt: number | null;
            id: number;
            isEntered: boolean;
            name: string;
            nextProbeAt: number | null;
            queued: number;
            reason: string;
            settings: unknown;
            since: number;
            state: components["schemas"]["HealthState"];
        };
        /** BulkView */
        BulkView: {
            changed: number;
            matched: number;
            nextCursor: string | null;
            skipped: components["schemas"]["SkippedView"][];
        };
        /** ChangedTarget */
        ChangedTarget: {
            createdAt: number;
            endpoints: components["schemas"]["EndpointView"][];
            health: components["schemas"]["HealthOfTarget"];
            id: number;
            kind: string;
            name: string;
            removedAt: number | null;
            secret: string | null;
            settings: unknown;
            updatedAt: number;
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
            cursor?: string | null;
            filter?: components["schemas"]["DeliveryFilter"] | null;
            ids?: string[] | null;
            limit?: number | null;
        };
        /** ChoiceView */
        ChoiceView: {
            label: string;
            value: string;
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
        Configured: "setting" | "target" | "binding" | "endpoint" | "expectation";
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
        /** CountView */
        CountView: {
            count: number;
            isAtLeast: boolean;
            nextCursor: string | null;
            startCursor: string;
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
        /** DefinitionView */
        DefinitionView: {
            argv: string[];
            autostart: boolean;
            command: string[];
            env: {
                [key: string]: string;
            };
            folder: string;
            health: components["schemas"]["server_views_HealthView"];
            host: string;
            keepRunning: boolean;
            port: number | null;
            preset: string;
            restart: components["schemas"]["Restart"];
            secretEnv: string[];
            stopGraceS: number;
            stopSignal: string;
            tunnel: string[];
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
            code?: string | null;
            endpoint?: number | null;
            q?: string | null;
            since?: number | null;
            source?: string | number | null;
            status?: components["schemas"]["ReportedStatus"] | components["schemas"]["ReportedStatus"][] | null;
            target?: string | number | null;
            type?: string | null;
            until?: number | null;
        };
        /** DeliveryList */
        DeliveryList: {
            items: components["schemas"]["DeliveryView"][];
            nextCursor: string | null;
            searchedTo: number | null;
        };
        /** DeliveryUpdate */
        DeliveryUpdate: {
            counts: components["schemas"]["Counts"];
            /** @default  */
            endpoint: string;
            endpointId: number;
            newest: components["schemas"]["NewestDelivery"][];
            /** @default  */
            target: string;
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
        /** EndpointInput */
        EndpointInput: {
            name: string;
            settings?: {
                [key: string]: unknown;
            };
        };
        /** EndpointList */
        EndpointList: {
            items: components["schemas"]["BoundEndpoint"][];
            nextCursor: string | null;
        };
        /** EndpointView */
        EndpointView: {
            goneAt: number | null;
            id: number;
            isEntered: boolean;
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
            searchedTo: number | null;
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
        /**
         * Fate
         * @description What became of a notification. merged: it told the same as one just before it. failed: it was given up.
         * @enum {string}
         */
        Fate: "waiting" | "sending" | "sent" | "withheld" | "merged" | "expired" | "failed" | "dismissed";
        /**
         * FieldKind
         * @description How a field is entered.
         *
         *         lines: a list of texts. headers: names with values. secrets: names with a secret each. sign_in: see `SignsIn`.
         * @enum {string}
         */
        FieldKind: "text" | "url" | "secret" | "choice" | "switch" | "lines" | "headers" | "secrets" | "sign_in";
        /** FieldView */
        FieldView: {
            choices: components["schemas"]["ChoiceView"][];
            default: string | boolean | null;
            help: string;
            isAdvanced: boolean;
            isRequired: boolean;
            kind: components["schemas"]["FieldKind"];
            label: string;
            path: string[];
            placeholder: string;
            whenPath: string[] | null;
            whenValue: string | null;
        };
        /** FiguresView */
        FiguresView: {
            cpuPercent?: number | null;
            memoryBytes?: number | null;
            processes?: number | null;
            threads?: number | null;
            uptimeS?: number | null;
        };
        /** FilterView */
        FilterView: {
            /** @default [] */
            origins: (string | unknown)[];
            severityMin?: components["schemas"]["Severity"] | null;
            /** @default [] */
            types: (string | unknown)[];
            where?: string | null;
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
        /** HealthView */
        health_HealthView: {
            ledger: components["schemas"]["LedgerHealth"];
            startedAt: number;
            /** @enum {string} */
            status: "ok" | "degraded" | "stopping";
            version: string;
            workers: components["schemas"]["WorkerView"][];
        };
        /** HealthInput */
        HealthInput: {
            contains?: string;
            intervalS?: number;
            kind?: components["schemas"]["HealthKind"];
            path?: string;
            timeoutS?: number;
        };
        /**
         * HealthKind
         * @description How a server is asked whether it is well. log: a line of its output says that it is ready.
         * @enum {string}
         */
        HealthKind: "http" | "tcp" | "log" | "none";
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
        /** LastRunView */
        LastRunView: {
            at: number;
            detail: string;
            result: components["schemas"]["RunResult"];
        };
        /** LastWake */
        LastWake: {
            firedAt: number;
            ok: boolean | null;
            reason: string;
            results: components["schemas"]["WakeResult"][];
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
            event: components["schemas"]["ServerStatusEvent"] | components["schemas"]["ActivityMessageEvent"] | components["schemas"]["SessionUpdateEvent"] | components["schemas"]["ErrorEventEvent"] | components["schemas"]["DeliveryUpdateEvent"] | components["schemas"]["TargetHealthEvent"] | components["schemas"]["SourceUpdateEvent"] | components["schemas"]["PeerUpdateEvent"] | components["schemas"]["AgentUpdateEvent"] | components["schemas"]["ServerUpdateEvent"] | components["schemas"]["WakeUpdateEvent"] | components["schemas"]["SettingsUpdateEvent"] | components["schemas"]["PongEvent"] | components["schemas"]["ReloadEvent"] | components["schemas"]["CutEvent"];
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
            attention: components["schemas"]["Attention"][];
            bindings: components["schemas"]["BindingView"][];
            counts: components["schemas"]["Counts"];
            cursor: string;
            daemon: components["schemas"]["health_HealthView"];
            gaps: components["schemas"]["GapView"][];
            health: components["schemas"]["TargetHealthUpdate"][];
            lanes: components["schemas"]["DeliveryUpdate"][];
            machine: string;
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
        /** MessageTemplateView */
        MessageTemplateView: {
            body?: string | null;
            click?: string | null;
            priority?: string | null;
            /** @default [] */
            tags: (string | unknown)[];
            title?: string | null;
        };
        /** MessageView */
        MessageView: {
            body: string;
            click: string;
            priority: number;
            tags: string[];
            title: string;
        };
        /**
         * Mode
         * @description When a binding's source is read for it: whenever it changes, or by the clock.
         * @default on_change
         * @enum {string}
         */
        Mode: "on_change" | "interval" | "daily" | "weekly" | "cron";
        /** NamedValue */
        NamedValue: {
            expression: string;
            sample: string;
        };
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
        /** NoticeSwitches */
        NoticeSwitches: {
            "agent-spawned": boolean;
            "permission-required": boolean;
            "turn-completed": boolean;
            "turn-error": boolean;
        };
        /** NoticeTypeView */
        NoticeTypeView: {
            default: boolean;
            description: string;
            /** @enum {string} */
            name: "turn-completed" | "turn-error" | "permission-required" | "agent-spawned";
            priority: number;
            tag: string;
            title: string;
            type: components["schemas"]["AgentEvent"];
        };
        /** NotificationConfig */
        NotificationConfig: {
            /**
             * @default
             * @constant
             */
            authToken: "";
            awayS: number;
            dedupeS: number;
            digestS: number;
            enabled: boolean;
            events: components["schemas"]["NoticeSwitches"];
            hasAuthToken: boolean;
            notifySubagents: boolean;
            promptLifetimeS: number;
            quietHours: components["schemas"]["QuietHoursView"];
            server: string;
            topic: string;
            turnLifetimeS: number;
        };
        /** NotificationPatch */
        NotificationPatch: {
            authToken?: string;
            awayS?: number;
            dedupeS?: number;
            digestS?: number;
            enabled?: boolean;
            events?: {
                [key: string]: boolean;
            };
            notifySubagents?: boolean;
            promptLifetimeS?: number;
            quietHours?: components["schemas"]["QuietHoursPatch"];
            server?: string;
            topic?: string;
            turnLifetimeS?: number;
        };
        /** NotificationsView */
        NotificationsView: {
            config: components["schemas"]["NotificationConfig"];
            defaults: components["schemas"]["NotificationConfig"];
            eventTypes: components["schemas"]["NoticeTypeView"][];
            receivers: components["schemas"]["ReceiverView"][];
            zoneInForce: string;
        };
        /** NotificationTested */
        NotificationTested: {
            /**
             * @default true
             * @constant
             */
            ok: true;
            status: number | null;
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
        /** OutputPiece */
        OutputPiece: {
            cursor: string;
            /** @default  */
            text: string;
        };
        /** OutputView */
        OutputView: {
            cursor: string;
            lines: string[];
        };
        /** ParcelView */
        ParcelView: {
            deliveries: number;
            id: string;
        };
        /**
         * PauseCause
         * @description Why it is paused. transient and offline heal by themselves; the others wait for a person.
         * @enum {string}
         */
        PauseCause: "transient" | "offline" | "auth" | "gone" | "rejected" | "manual";
        /** PeerList */
        PeerList: {
            isOn: boolean;
            items: components["schemas"]["PeerView"][];
            nextCursor?: null;
            online: number;
        };
        /** PeerMessage */
        PeerMessage: {
            text: string;
            to: string;
        };
        /** PeerMessageSent */
        PeerMessageSent: {
            isConfirmed: boolean;
            sentAt: number;
            to: components["schemas"]["PeerView"];
        };
        /** PeersConfig */
        PeersConfig: {
            heartbeatInterval: number;
            peerTimeout: number;
            preset: components["schemas"]["TimingPreset"];
            presets: {
                [key: string]: components["schemas"]["PeerTiming"];
            };
        };
        /** PeersConfigPatch */
        PeersConfigPatch: {
            heartbeatInterval?: number;
            peerTimeout?: number;
            preset?: components["schemas"]["TimingPreset"];
        };
        /**
         * PeerState
         * @description Where a peer stands. suspect: silent for too long, and a first question is unanswered. left: it said goodbye.
         * @enum {string}
         */
        PeerState: "online" | "suspect" | "offline" | "left";
        /** PeerStatsView */
        PeerStatsView: {
            heartbeatsSent: number;
            lastCleanupAt: number | null;
            lastHeartbeatAt: number | null;
            lastTimeoutCheck: number | null;
            packetsDropped: number;
            packetsNotUnderstood: number;
            peersCleanedUp: number;
            timeoutsDetected: number;
        };
        /** PeerTiming */
        PeerTiming: {
            heartbeatInterval: number;
            peerTimeout: number;
        };
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
        /** PeerView */
        PeerView: {
            addresses: string[];
            client: string;
            group: string;
            host: string;
            id: string;
            instanceId: string | null;
            isSelf: boolean;
            lastSeen: number;
            name: string;
            since: number;
            state: components["schemas"]["PeerState"];
            user: string;
        };
        /** PendingRetryView */
        PendingRetryView: {
            accounts: string[];
            nextRetryAt: number;
            reason: string;
            retriesLeft: number;
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
        /** PlaceView */
        PlaceView: {
            code: string;
            detail: string;
            field: string;
            position: number;
        };
        /** PlannedRequest */
        PlannedRequest: {
            body: string | null;
            headers: [
                string,
                string
            ][];
            method: string;
            url: string;
        };
        /** PlanView */
        PlanView: {
            bytes: number | null;
            nextRuns: number[];
            note: string;
            protections: components["schemas"]["ProtectionView"][];
            request: components["schemas"]["PlannedRequest"] | null;
            warnings: string[];
        };
        /** PolicyView */
        PolicyView: {
            /** @default 1 */
            batchMax: number;
            /** @default 0 */
            batchWaitS: number;
            /** @default true */
            isHealthRelevant: boolean;
            /** @default false */
            isNotification: boolean;
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
        /** PreviewInput */
        PreviewInput: {
            preset?: components["schemas"]["Preset"];
            properties?: {
                [key: string]: boolean;
            };
        };
        /** PreviewView */
        PreviewView: {
            data: unknown;
            eventType: string;
            found: string;
            problems: string[];
            sensitive: string[];
            sizes: {
                [key: string]: number;
            };
        };
        /** Problem */
        Problem: {
            code: string;
            detail: string;
            diagnosis?: components["schemas"]["DiagnosisView"] | null;
            field?: string | null;
            index?: number | null;
            line?: number | null;
            position?: number | null;
            status: number;
            title: string;
            type: string;
            waiting?: number | null;
        };
        /** PromptView */
        PromptView: {
            description: string;
            id: string;
            metadata: unknown;
            permission: string;
            since: number;
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
        /** ProtectionView */
        ProtectionView: {
            code: string;
            isGood: boolean;
            words: string;
        };
        /** PushedView */
        PushedView: {
            deliveries: number;
            events: number;
            note: string;
        };
        /**
         * QuietHoursPatch
         * @default {}
         */
        QuietHoursPatch: {
            action?: "digest" | "withhold";
            from?: string | null;
            priority?: number | null;
            until?: string;
            zone?: string;
        };
        /** QuietHoursView */
        QuietHoursView: {
            /** @enum {string} */
            action: "digest" | "withhold";
            from: string | null;
            priority: number | null;
            until: string;
            zone: string;
        };
        /** ReceiverName */
        ReceiverName: {
            endpoint: string;
            target: string;
        };
        /** ReceiverView */
        ReceiverView: {
            bindingId: number;
            endpoint: string;
            filter: components["schemas"]["FilterView"];
            isPrimary: boolean;
            kind: string;
            state: components["schemas"]["BindingState"];
            target: string;
            targetId: number;
        };
        /** RecentNotification */
        RecentNotification: {
            agentId: string | null;
            at: number;
            deliveryId: string;
            eventId: string;
            eventType: string;
            fate: components["schemas"]["Fate"];
            project: string;
            reason: string | null;
            receiver: components["schemas"]["ReceiverName"];
            title: string;
            tool: string;
            updatedAt: number;
            words: string;
        };
        /** RecentNotifications */
        RecentNotifications: {
            items: components["schemas"]["RecentNotification"][];
            nextCursor?: string | null;
        };
        /** RefreshedView */
        RefreshedView: {
            added: string[];
            gone: string[];
            items: components["schemas"]["BoundEndpoint"][];
            missed: string[];
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
        /** ResetView */
        ResetView: {
            at: number;
            label: string;
            source: string;
        };
        /**
         * Restart
         * @description When a server that ended by itself is started again. on_failure: unless it ended with exit code 0.
         * @enum {string}
         */
        Restart: "always" | "on_failure" | "never";
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
        /** HealthView */
        server_views_HealthView: {
            contains: string;
            intervalS: number;
            kind: components["schemas"]["HealthKind"];
            path: string;
            timeoutS: number;
        };
        /** ServerInput */
        ServerInput: {
            argv?: string[];
            autostart?: boolean;
            /** @default false */
            confirmTunnel: boolean;
            env?: {
                [key: string]: string;
            };
            folder?: string;
            health?: components["schemas"]["HealthInput"];
            host?: string;
            keepRunning?: boolean;
            name: string;
            port?: number | null;
            /** @default  */
            preset: string;
            restart?: components["schemas"]["Restart"];
            secretEnv?: {
                [key: string]: string | null;
            };
            stopGraceS?: number;
            stopSignal?: string;
            tunnel?: string[];
        };
        /** ServerList */
        ServerList: {
            items: components["schemas"]["ServerView"][];
            nextCursor?: null;
        };
        /** ServerPatch */
        ServerPatch: {
            argv?: string[];
            autostart?: boolean;
            /** @default false */
            confirmTunnel: boolean;
            env?: {
                [key: string]: string;
            };
            folder?: string;
            health?: components["schemas"]["HealthInput"];
            host?: string;
            keepRunning?: boolean;
            port?: number | null;
            restart?: components["schemas"]["Restart"];
            secretEnv?: {
                [key: string]: string | null;
            };
            stopGraceS?: number;
            stopSignal?: string;
            tunnel?: string[];
        };
        /** ServerSession */
        ServerSession: {
            folder: string;
            id: string;
            parentId: string | null;
            state: string;
            title: string;
            updatedAt: number;
        };
        /** ServerSessions */
        ServerSessions: {
            items: components["schemas"]["ServerSession"][];
            nextCursor?: null;
        };
        /**
         * ServerState
         * @description How a server is doing. starting: it has been started and is not known to be healthy, or waits for its start.
         * @enum {string}
         */
        ServerState: "stopped" | "starting" | "running" | "unhealthy" | "stopping" | "failed";
        /** ServerStatus */
        ServerStatus: {
            isClean?: boolean | null;
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
        /** ServerUpdate */
        ServerUpdate: {
            /** @default  */
            detail: string;
            server: string;
            state: string;
            timestamp: number;
            /** @default 1 */
            version: number;
        };
        /** ServerUpdateEvent */
        ServerUpdateEvent: {
            payload: components["schemas"]["ServerUpdate"];
            /** @constant */
            type: "server_update";
        };
        /** ServerView */
        ServerView: {
            definition: components["schemas"]["DefinitionView"];
            detail: string;
            figures: components["schemas"]["FiguresView"] | null;
            isAdopted: boolean;
            name: string;
            needsRestart: boolean;
            nextStartAt: number | null;
            pid: number | null;
            port: number | null;
            restarts: number;
            sessions: number | null;
            since: number;
            state: components["schemas"]["ServerState"];
            tunnel: components["schemas"]["TunnelView"] | null;
            url: string | null;
            version: string | null;
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
        /**
         * SettingGroup
         * @description What a setting is for, as its page calls it; in the order in which they are shown.
         * @enum {string}
         */
        SettingGroup: "Delivery" | "Taking events" | "Coalescing" | "Notifications" | "Live and dashboard" | "Retention" | "Security" | "Network" | "Log";
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
            environment: string;
            group: components["schemas"]["SettingGroup"];
            inForce: boolean | number | string;
            isAtStart: boolean;
            key: string;
            kind: string;
            max: number | null;
            min: number | null;
            origin: components["schemas"]["Origin"];
            stored: boolean | number | string | null;
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
            body?: string | null;
            format?: components["schemas"]["BodyFormat"];
            headers?: {
                [key: string]: string;
            };
            message?: components["schemas"]["MessageTemplateView"] | null;
            preset?: components["schemas"]["Preset"];
            properties?: {
                [key: string]: boolean;
            };
            select?: string | null;
        };
        /**
         * SigningKind
         * @description A shared secret (`v1`), or a key pair (`v1a`) of which the receiver needs the public half only.
         * @enum {string}
         */
        SigningKind: "hmac" | "ed25519";
        /** SigningSecret */
        SigningSecret: {
            secret: string;
        };
        /** SignInInput */
        SignInInput: {
            kind?: string | null;
            settings?: {
                [key: string]: unknown;
            };
            target?: string | null;
        };
        /**
         * SignInState
         * @description Where a sign-in stands.
         * @enum {string}
         */
        SignInState: "pending" | "done" | "failed";
        /** SignInView */
        SignInView: {
            id: string;
            state: components["schemas"]["SignInState"];
            url: string;
            validS: number;
            words: string;
        };
        /** SkippedView */
        SkippedView: {
            id: string;
            reason: string;
        };
        /**
         * SourceAction
         * @description What became of a source. run, gap: of one of its bindings, which goes by the clock. events: it recorded some.
         * @enum {string}
         */
        SourceAction: "added" | "changed" | "enabled" | "disabled" | "removed" | "failing" | "reading" | "run" | "gap" | "events";
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
            lastDeliveredAt: number | null;
            lastEventAt: number | null;
            name: string;
            needsSchedule: boolean;
            problem: string | null;
            shape: components["schemas"]["SourceShape"];
            title: string;
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
        /** Tally */
        Tally: {
            arrivedP50Ms: number | null;
            arrivedP95Ms: number | null;
            delivered: number;
            failed: number;
            p50Ms: number | null;
            p95Ms: number | null;
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
        /** TargetKindList */
        TargetKindList: {
            items: components["schemas"]["TargetKindView"][];
            nextCursor: string | null;
        };
        /** TargetKindView */
        TargetKindView: {
            endpointFields: components["schemas"]["FieldView"][] | null;
            fields: components["schemas"]["FieldView"][];
            kind: string;
            summary: string;
            title: string;
        };
        /** TargetList */
        TargetList: {
            items: components["schemas"]["TargetView"][];
            nextCursor: string | null;
        };
        /** TargetPatch */
        TargetPatch: {
            /** @default false */
            check: boolean;
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
            nextProbeAt: number | null;
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
            removedAt: number | null;
            settings: unknown;
            updatedAt: number;
        };
        /** TemplateInput */
        TemplateInput: {
            event?: string | null;
            filter?: components["schemas"]["FilterView"];
            shape?: components["schemas"]["ShapeView"];
            source: string | number;
            target?: string | number | null;
        };
        /** TemplatePreview */
        TemplatePreview: {
            events: components["schemas"]["TriedEvent"][];
            fields: components["schemas"]["NamedValue"][];
            takesMessages: boolean | null;
        };
        /** ThroughputBucket */
        ThroughputBucket: {
            arrivedP50Ms: number | null;
            arrivedP95Ms: number | null;
            at: number;
            delivered: number;
            failed: number;
            p50Ms: number | null;
            p95Ms: number | null;
        };
        /** ThroughputView */
        ThroughputView: {
            bucketMs: number;
            buckets: components["schemas"]["ThroughputBucket"][];
            totals: components["schemas"]["Tally"];
            window: components["schemas"]["ThroughputWindow"];
        };
        /**
         * ThroughputWindow
         * @description The last hour by the minute, or the last day by the half hour.
         * @default hour
         * @enum {string}
         */
        ThroughputWindow: "hour" | "day";
        /**
         * TimingPreset
         * @description How quickly it is noticed that somebody has gone. Custom is whatever a person chose.
         * @enum {string}
         */
        TimingPreset: "standard" | "fast" | "custom";
        /** ToggleInput */
        ToggleInput: {
            /** @enum {string} */
            action: "on" | "off";
            hour: number;
            timestamps?: unknown;
            timeZone?: unknown;
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
        /** TriedEvent */
        TriedEvent: {
            at: number;
            body: string | null;
            error: components["schemas"]["PlaceView"] | null;
            id: string | null;
            isWanted: boolean | null;
            message: components["schemas"]["MessageView"] | null;
            subject: string | null;
            type: string;
        };
        /** TriedView */
        TriedView: {
            diagnosis?: components["schemas"]["DiagnosisView"] | null;
            error: string | null;
            ok: boolean;
            resumed: number;
        };
        /** TunnelView */
        TunnelView: {
            detail: string;
            since: number;
            state: components["schemas"]["ServerState"];
            url: string | null;
        };
        /**
         * Waiting
         * @description What a person wants done with that which has not ended, when its binding or target is removed.
         * @default refuse
         * @enum {string}
         */
        Waiting: "refuse" | "dismiss" | "deliver";
        /** WakeInput */
        WakeInput: {
            accounts?: (number | string)[] | null;
        };
        /** WakeResult */
        WakeResult: {
            accountId: number;
            attempts: number;
            deliveryId: string;
            error: string;
            label: string;
            nextRetryAt: number | null;
            ok: boolean | null;
            /** @enum {string} */
            state: "waiting" | "sending" | "answered" | "retrying" | "paused" | "failed" | "expired" | "replaced" | "dismissed";
            status: number | null;
        };
        /** WakeRun */
        WakeRun: {
            accounts: string[];
            firedAt: number;
            reason: string;
        };
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
        /** WakeView */
        WakeView: {
            accounts: components["schemas"]["AccountView"][];
            isOn: boolean;
            lastWake: components["schemas"]["LastWake"] | null;
            pendingRetry: components["schemas"]["PendingRetryView"] | null;
            probeSlotMinutes: number;
            resetOffsetHours: number;
            resets: components["schemas"]["ResetView"][];
            schedule: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            timeZone: string;
            zones: {
                [key: string]: string;
            };
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
export type AccountChecked = components['schemas']['AccountChecked'];
export type AccountInput = components['schemas']['AccountInput'];
export type AccountList = components['schemas']['AccountList'];
export type AccountView = components['schemas']['AccountView'];
export type Acknowledged = components['schemas']['Acknowledged'];
export type Acknowledgement = components['schemas']['Acknowledgement'];
export type ActivityMessage = components['schemas']['ActivityMessage'];
export type ActivityMessageEvent = components['schemas']['ActivityMessageEvent'];
export type ActivityState = components['schemas']['ActivityState'];
export type ActivityView = components['schemas']['ActivityView'];
export type AgentEvent = components['schemas']['AgentEvent'];
export type AgentList = components['schemas']['AgentList'];
export type AgentState = components['schemas']['AgentState'];
export type AgentUpdate = components['schemas']['AgentUpdate'];
export type AgentUpdateEvent = components['schemas']['AgentUpdateEvent'];
export type AgentView = components['schemas']['AgentView'];
export type AttemptView = components['schemas']['AttemptView'];
export type Attention = components['schemas']['Attention'];
export type BindingInput = components['schemas']['BindingInput'];
export type BindingList = components['schemas']['BindingList'];
export type BindingPatch = components['schemas']['BindingPatch'];
export type BindingState = components['schemas']['BindingState'];
export type BindingView = components['schemas']['BindingView'];
export type BodyFormat = components['schemas']['BodyFormat'];
export type BoundEndpoint = components['schemas']['BoundEndpoint'];
export type BulkView = components['schemas']['BulkView'];
export type ChangedTarget = components['schemas']['ChangedTarget'];
export type CheckView = components['schemas']['CheckView'];
export type Choice = components['schemas']['Choice'];
export type ChoiceView = components['schemas']['ChoiceView'];
export type CloudEvent = components['schemas']['CloudEvent'];
export type Configured = components['schemas']['Configured'];
export type Counts = components['schemas']['Counts'];
export type CountView = components['schemas']['CountView'];
export type CriticalList = components['schemas']['CriticalList'];
export type Cut = components['schemas']['Cut'];
export type CutEvent = components['schemas']['CutEvent'];
export type DefinitionView = components['schemas']['DefinitionView'];
export type DeliveryDetail = components['schemas']['DeliveryDetail'];
export type DeliveryFilter = components['schemas']['DeliveryFilter'];
export type DeliveryList = components['schemas']['DeliveryList'];
export type DeliveryUpdate = components['schemas']['DeliveryUpdate'];
export type DeliveryUpdateEvent = components['schemas']['DeliveryUpdateEvent'];
export type DeliveryView = components['schemas']['DeliveryView'];
export type DiagnosisView = components['schemas']['DiagnosisView'];
export type EndpointInput = components['schemas']['EndpointInput'];
export type EndpointList = components['schemas']['EndpointList'];
export type EndpointView = components['schemas']['EndpointView'];
export type ErrorEvent = components['schemas']['ErrorEvent'];
export type ErrorEventEvent = components['schemas']['ErrorEventEvent'];
export type EventDetail = components['schemas']['EventDetail'];
export type EventList = components['schemas']['EventList'];
export type EventOfDelivery = components['schemas']['EventOfDelivery'];
export type EventView = components['schemas']['EventView'];
export type Fate = components['schemas']['Fate'];
export type FieldKind = components['schemas']['FieldKind'];
export type FieldView = components['schemas']['FieldView'];
export type FiguresView = components['schemas']['FiguresView'];
export type FilterView = components['schemas']['FilterView'];
export type GapList = components['schemas']['GapList'];
export type GapReason = components['schemas']['GapReason'];
export type GapView = components['schemas']['GapView'];
export type health_HealthView = components['schemas']['health_HealthView'];
export type HealthInput = components['schemas']['HealthInput'];
export type HealthKind = components['schemas']['HealthKind'];
export type HealthOfEndpoint = components['schemas']['HealthOfEndpoint'];
export type HealthOfTarget = components['schemas']['HealthOfTarget'];
export type HealthState = components['schemas']['HealthState'];
export type LastRunView = components['schemas']['LastRunView'];
export type LastWake = components['schemas']['LastWake'];
export type LedgerHealth = components['schemas']['LedgerHealth'];
export type LedgerView = components['schemas']['LedgerView'];
export type LiveEntry = components['schemas']['LiveEntry'];
export type LivePage = components['schemas']['LivePage'];
export type LiveSnapshot = components['schemas']['LiveSnapshot'];
export type LoginCode = components['schemas']['LoginCode'];
export type MadeTarget = components['schemas']['MadeTarget'];
export type MadeToken = components['schemas']['MadeToken'];
export type MessageTemplateView = components['schemas']['MessageTemplateView'];
export type MessageView = components['schemas']['MessageView'];
export type Mode = components['schemas']['Mode'];
export type NamedValue = components['schemas']['NamedValue'];
export type NewestDelivery = components['schemas']['NewestDelivery'];
export type NewSession = components['schemas']['NewSession'];
export type NewToken = components['schemas']['NewToken'];
export type NoticeSwitches = components['schemas']['NoticeSwitches'];
export type NoticeTypeView = components['schemas']['NoticeTypeView'];
export type NotificationConfig = components['schemas']['NotificationConfig'];
export type NotificationPatch = components['schemas']['NotificationPatch'];
export type NotificationsView = components['schemas']['NotificationsView'];
export type NotificationTested = components['schemas']['NotificationTested'];
export type Origin = components['schemas']['Origin'];
export type OutcomeKind = components['schemas']['OutcomeKind'];
export type OutputPiece = components['schemas']['OutputPiece'];
export type OutputView = components['schemas']['OutputView'];
export type ParcelView = components['schemas']['ParcelView'];
export type PauseCause = components['schemas']['PauseCause'];
export type PeerList = components['schemas']['PeerList'];
export type PeerMessage = components['schemas']['PeerMessage'];
export type PeerMessageSent = components['schemas']['PeerMessageSent'];
export type PeersConfig = components['schemas']['PeersConfig'];
export type PeersConfigPatch = components['schemas']['PeersConfigPatch'];
export type PeerState = components['schemas']['PeerState'];
export type PeerStatsView = components['schemas']['PeerStatsView'];
export type PeerTiming = components['schemas']['PeerTiming'];
export type PeerUpdate = components['schemas']['PeerUpdate'];
export type PeerUpdateEvent = components['schemas']['PeerUpdateEvent'];
export type PeerView = components['schemas']['PeerView'];
export type PendingRetryView = components['schemas']['PendingRetryView'];
export type Ping = components['schemas']['Ping'];
export type Pinged = components['schemas']['Pinged'];
export type PlaceView = components['schemas']['PlaceView'];
export type PlannedRequest = components['schemas']['PlannedRequest'];
export type PlanView = components['schemas']['PlanView'];
export type PolicyView = components['schemas']['PolicyView'];
export type Pong = components['schemas']['Pong'];
export type PongEvent = components['schemas']['PongEvent'];
export type PostedEvent = components['schemas']['PostedEvent'];
export type Preset = components['schemas']['Preset'];
export type PreviewInput = components['schemas']['PreviewInput'];
export type PreviewView = components['schemas']['PreviewView'];
export type Problem = components['schemas']['Problem'];
export type PromptView = components['schemas']['PromptView'];
export type PropertyOfKind = components['schemas']['PropertyOfKind'];
export type PropertyView = components['schemas']['PropertyView'];
export type ProtectionView = components['schemas']['ProtectionView'];
export type PushedView = components['schemas']['PushedView'];
export type QuietHoursPatch = components['schemas']['QuietHoursPatch'];
export type QuietHoursView = components['schemas']['QuietHoursView'];
export type ReceiverName = components['schemas']['ReceiverName'];
export type ReceiverView = components['schemas']['ReceiverView'];
export type RecentNotification = components['schemas']['RecentNotification'];
export type RecentNotifications = components['schemas']['RecentNotifications'];
export type RefreshedView = components['schemas']['RefreshedView'];
export type Reload = components['schemas']['Reload'];
export type ReloadEvent = components['schemas']['ReloadEvent'];
export type RemovedView = components['schemas']['RemovedView'];
export type ReportedStatus = components['schemas']['ReportedStatus'];
export type ResetView = components['schemas']['ResetView'];
export type Restart = components['schemas']['Restart'];
export type RunResult = components['schemas']['RunResult'];
export type ScheduleView = components['schemas']['ScheduleView'];
export type SentRequestView = components['schemas']['SentRequestView'];
export type server_views_HealthView = components['schemas']['server_views_HealthView'];
export type ServerInput = components['schemas']['ServerInput'];
export type ServerList = components['schemas']['ServerList'];
export type ServerPatch = components['schemas']['ServerPatch'];
export type ServerSession = components['schemas']['ServerSession'];
export type ServerSessions = components['schemas']['ServerSessions'];
export type ServerState = components['schemas']['ServerState'];
export type ServerStatus = components['schemas']['ServerStatus'];
export type ServerStatusEvent = components['schemas']['ServerStatusEvent'];
export type ServerUpdate = components['schemas']['ServerUpdate'];
export type ServerUpdateEvent = components['schemas']['ServerUpdateEvent'];
export type ServerView = components['schemas']['ServerView'];
export type SessionList = components['schemas']['SessionList'];
export type SessionUpdate = components['schemas']['SessionUpdate'];
export type SessionUpdateEvent = components['schemas']['SessionUpdateEvent'];
export type SessionView = components['schemas']['SessionView'];
export type SettingChange = components['schemas']['SettingChange'];
export type SettingGroup = components['schemas']['SettingGroup'];
export type SettingList = components['schemas']['SettingList'];
export type SettingsUpdate = components['schemas']['SettingsUpdate'];
export type SettingsUpdateEvent = components['schemas']['SettingsUpdateEvent'];
export type SettingView = components['schemas']['SettingView'];
export type Severity = components['schemas']['Severity'];
export type ShapeView = components['schemas']['ShapeView'];
export type SigningKind = components['schemas']['SigningKind'];
export type SigningSecret = components['schemas']['SigningSecret'];
export type SignInInput = components['schemas']['SignInInput'];
export type SignInState = components['schemas']['SignInState'];
export type SignInView = components['schemas']['SignInView'];
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
export type Tally = components['schemas']['Tally'];
export type TargetHealth = components['schemas']['TargetHealth'];
export type TargetHealthEvent = components['schemas']['TargetHealthEvent'];
export type TargetHealthUpdate = components['schemas']['TargetHealthUpdate'];
export type TargetInput = components['schemas']['TargetInput'];
export type TargetKindList = components['schemas']['TargetKindList'];
export type TargetKindView = components['schemas']['TargetKindView'];
export type TargetList = components['schemas']['TargetList'];
export type TargetPatch = components['schemas']['TargetPatch'];
export type TargetStatus = components['schemas']['TargetStatus'];
export type TargetView = components['schemas']['TargetView'];
export type TemplateInput = components['schemas']['TemplateInput'];
export type TemplatePreview = components['schemas']['TemplatePreview'];
export type ThroughputBucket = components['schemas']['ThroughputBucket'];
export type ThroughputView = components['schemas']['ThroughputView'];
export type ThroughputWindow = components['schemas']['ThroughputWindow'];
export type TimingPreset = components['schemas']['TimingPreset'];
export type ToggleInput = components['schemas']['ToggleInput'];
export type TokenList = components['schemas']['TokenList'];
export type TokenScope = components['schemas']['TokenScope'];
export type TokenView = components['schemas']['TokenView'];
export type TriedEvent = components['schemas']['TriedEvent'];
export type TriedView = components['schemas']['TriedView'];
export type TunnelView = components['schemas']['TunnelView'];
export type Waiting = components['schemas']['Waiting'];
export type WakeInput = components['schemas']['WakeInput'];
export type WakeResult = components['schemas']['WakeResult'];
export type WakeRun = components['schemas']['WakeRun'];
export type WakeUpdate = components['schemas']['WakeUpdate'];
export type WakeUpdateEvent = components['schemas']['WakeUpdateEvent'];
export type WakeView = components['schemas']['WakeView'];
export type Weekday = components['schemas']['Weekday'];
export type WorkerState = components['schemas']['WorkerState'];
export type WorkerView = components['schemas']['WorkerView'];
export type $defs = Record<string, never>;
export interface operations {
    listAgents: {
        parameters: {
            query?: {
                /** @description Only agents in this state. */
                state?: components["schemas"]["AgentState"] | null;
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
                    "application/json": components["schemas"]["AgentList"];
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
    planChange: {
        parameters: {
            query?: {
                sample?: boolean;
            };
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
                    "application/json": components["schemas"]["PlanView"];
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
    planBinding: {
        parameters: {
            query?: {
                sample?: boolean;
            };
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
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanView"];
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
    listDeliveries: {
        parameters: {
            query?: {
                /** @description An id. */
                binding?: number | null;
                /** @description The code of the last attempt, as `http_404`. */
                code?: string | null;
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description An id. */
                endpoint?: number | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description A text to look for. */
                q?: string | null;
                /** @description Made at this instant or later. */
                since?: number | null;
                /** @description An id or a name. */
                source?: string | null;
                /** @description One status or several, separated by commas: pending, in_flight, failed, delivered, dlq, dismissed, expired, withheld, target_paused. */
                status?: string | null;
                /** @description An id or a name. */
                target?: string | null;
                /** @description A type, or a glob. */
                type?: string | null;
                /** @description Made before this instant. */
                until?: number | null;
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
    countDeliveries: {
        parameters: {
            query?: {
                /** @description An id. */
                binding?: number | null;
                /** @description The code of the last attempt, as `http_404`. */
                code?: string | null;
                /** @description Where the page before this one ended. */
                cursor?: string | null;
                /** @description An id. */
                endpoint?: number | null;
                /** @description A text to look for. */
                q?: string | null;
                /** @description Made at this instant or later. */
                since?: number | null;
                /** @description An id or a name. */
                source?: string | null;
                /** @description One status or several, separated by commas: pending, in_flight, failed, delivered, dlq, dismissed, expired, withheld, target_paused. */
                status?: string | null;
                /** @description An id or a name. */
                target?: string | null;
                /** @description A type, or a glob. */
                type?: string | null;
                /** @description Made before this instant. */
                until?: number | null;
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
                    "application/json": components["schemas"]["CountView"];
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
                /** @description A text to look for. */
                q?: string | null;
                /** @description Made at this instant or later. */
                since?: number | null;
                /** @description An id or a name. */
                source?: string | null;
                /** @description A type, or a glob. */
                type?: string | null;
                /** @description Made before this instant. */
                until?: number | null;
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
                    "application/json": components["schemas"]["health_HealthView"];
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
    getNotifications: {
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
                    "application/json": components["schemas"]["NotificationsView"];
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
    changeNotifications: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NotificationPatch"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationsView"];
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
    listRecentNotifications: {
        parameters: {
            query?: {
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
                    "application/json": components["schemas"]["RecentNotifications"];
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
    testNotifications: {
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
                    "application/json": components["schemas"]["NotificationTested"];
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
            /** @description Bad Gateway */
            502: {
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
    listPeers: {
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
                    "application/json": components["schemas"]["PeerList"];
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
    getPeersConfig: {
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
                    "application/json": components["schemas"]["PeersConfig"];
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
    changePeersConfig: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PeersConfigPatch"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeersConfig"];
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
    sendPeerMessage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PeerMessage"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeerMessageSent"];
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
    getPeersStats: {
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
                    "application/json": components["schemas"]["PeerStatsView"];
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
    listServers: {
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
                    "application/json": components["schemas"]["ServerList"];
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
    createServer: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServerInput"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerView"];
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
    getServer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
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
                    "application/json": components["schemas"]["ServerView"];
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
    deleteServer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
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
                    "application/json": components["schemas"]["ServerView"];
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
    changeServer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ServerPatch"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerView"];
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
    getServerOutput: {
        parameters: {
            query?: {
                /** @description How many lines at most. */
                lines?: number;
            };
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
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
                    "application/json": components["schemas"]["OutputView"];
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
    streamServerOutput: {
        parameters: {
            query?: {
                /** @description Where to go on; at the end if not given. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Until a side ends it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["OutputPiece"];
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
        };
    };
    restartServer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
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
                    "application/json": components["schemas"]["ServerView"];
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
    listServerSessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
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
                    "application/json": components["schemas"]["ServerSessions"];
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
    disconnectSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
                /** @description A session's id. */
                session_id: string;
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
                    "application/json": components["schemas"]["ServerSessions"];
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
    startServer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
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
                    "application/json": components["schemas"]["ServerView"];
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
    stopServer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A server's name. */
                name: string;
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
                    "application/json": components["schemas"]["ServerView"];
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
    previewChoices: {
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
                "application/json": components["schemas"]["PreviewInput"];
            };
        };
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
    listTargetKinds: {
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
                    "application/json": components["schemas"]["TargetKindList"];
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
                    "application/json": components["schemas"]["ChangedTarget"];
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
    listTargetEndpoints: {
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
                    "application/json": components["schemas"]["EndpointList"];
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
    createEndpoint: {
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
                "application/json": components["schemas"]["EndpointInput"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndpointView"];
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
    deleteEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An endpoint's id or name. */
                endpoint: string;
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
                    "application/json": components["schemas"]["EndpointView"];
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
    refreshTargetEndpoints: {
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
                    "application/json": components["schemas"]["RefreshedView"];
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
            query?: {
                /** @description None: as now. */
                with?: components["schemas"]["SigningKind"] | null;
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
    beginSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInInput"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInView"];
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
    getSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description A sign-in's id. */
                sign_in: string;
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
                    "application/json": components["schemas"]["SignInView"];
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
    previewTemplate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TemplateInput"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplatePreview"];
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
    getThroughput: {
        parameters: {
            query?: {
                /** @description An id or a name. */
                target?: string | null;
                /** @description The last hour by the minute, or the last day by the half hour. */
                window?: components["schemas"]["ThroughputWindow"];
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
                    "application/json": components["schemas"]["ThroughputView"];
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
    getWakeSchedule: {
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
                    "application/json": components["schemas"]["WakeView"];
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
    listWakeAccounts: {
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
                    "application/json": components["schemas"]["AccountList"];
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
    createWakeAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountInput"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountView"];
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
    deleteWakeAccount: {
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
                    "application/json": components["schemas"]["AccountList"];
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
    checkWakeAccount: {
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
                    "application/json": components["schemas"]["AccountChecked"];
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
    toggleWakeHour: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ToggleInput"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WakeView"];
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
    wakeNow: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WakeInput"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WakeRun"];
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
}
