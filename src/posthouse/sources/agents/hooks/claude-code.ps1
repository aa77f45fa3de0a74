# Posthouse's hook for Claude Code on Windows: what comes on standard input becomes a file in the spool of the home that
# $Program lies in, whole or not at all. It prints nothing and makes no folder; the command that calls it exits 0.
param([string]$Program)
$spool = Join-Path (Split-Path (Split-Path $Program)) 'spool\agents\claude-code'
$key = '{0:d19}-{1}' -f [DateTime]::UtcNow.Ticks, [guid]::NewGuid()
$hidden = Join-Path $spool ".$key"
try {
    $call = [Console]::OpenStandardInput()
    $file = [IO.File]::Open($hidden, 'CreateNew')
    $room = 1048576
    $buffer = New-Object byte[] 65536
    while ($room -gt 0 -and ($size = $call.Read($buffer, 0, [Math]::Min($room, $buffer.Length))) -gt 0) {
        $file.Write($buffer, 0, $size)
        $room -= $size
    }
    $file.Close()
    if ($room -lt 1048576) { [IO.File]::Move($hidden, (Join-Path $spool "$key.json")) }
} catch { } finally {
    if ($file) { $file.Close() }
    if ([IO.File]::Exists($hidden)) { [IO.File]::Delete($hidden) }
}
