[SignalRConnection("AzureSignalRConnectionString")]
public class Quiz : ServerlessHub
{
    public Quiz(IServiceProvider services) : base(services) { }

    [Function("negotiate")]
    public async Task<HttpResponseData> Negotiate(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post")] HttpRequestData request)
    {
        var user = request.Headers.GetValues("x-ms-client-principal-id").First();
        var info = await NegotiateAsync(new() { UserId = user });
        var response = request.CreateResponse();
        await response.WriteBytesAsync(info.ToArray());
        return response;
    }

    [Function("OnConnected")]
    public Task OnConnected(
        [SignalRTrigger("Quiz", "connections", "connected")] SignalRInvocationContext context)
        => Clients.All.SendAsync("joined", context.UserId);

    [Function("Answer")]
    public async Task Answer(
        [SignalRTrigger("Quiz", "messages", "Answer", "question", "text")] SignalRInvocationContext context,
        int question, string text)
    {
        var group = $"question-{question}";
        await Groups.AddToGroupAsync(context.ConnectionId, group);
        await Clients.Group(group).SendAsync("answered", context.UserId, text);
    }
}
