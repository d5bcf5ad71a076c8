# What is asserted of each file, for serverspec.

require 'serverspec'
set :backend, :exec

ENV['COUNT'].to_i.times do |number|
  describe file(format('%s/%03d.txt', ENV['FILES'], number)) do
    it { expect([subject.file?, subject.mode]).to eq [true, '644'] }
  end
end
